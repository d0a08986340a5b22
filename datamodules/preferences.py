"""The data module of reward models: comparisons between recorded trajectories."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any, Literal, cast, get_args

import numpy as np
from numpy.typing import NDArray
from torch.utils.data import DataLoader, Dataset

from padzoo.core.trajectory import Trajectory
from padzoo.datamodules.comparison_batches import Comparisons, GroupedComparisons, SampledComparisons, gather
from padzoo.datamodules.judges import preference
from padzoo.datamodules.judges.preference import Ties
from padzoo.datamodules.loader import Nothing, loader
from padzoo.datamodules.module import ZooDataModule
from padzoo.datamodules.sets.shard_set import ShardSet

Known = tuple[NDArray[np.int64], dict[str, NDArray[Any]]]  # pairs, and what else is known of each
EXACT_BATCH = 4096  # comparisons a batch where nothing is learnt: only scalars are gathered


class Preferences(ZooDataModule):
    """Comparisons for reward models (paper, section 3.4).

    A batch is `Comparisons`: ids int64 `(K,)`, rows in `trajectories(split)`, each once;
    winners and losers int64 `(P,)`, places in `ids`. The trajectories themselves are not in it: the model computes
    their features once. Training is endless (give the trainer `max_steps`) and another order every pass; validation
    and test go over every comparison of their file once.

    Args:
        train: Folder of the trajectories to train on; None where nothing is learnt.
        train_preferences: File of comparisons between them: what `padzoo prefer` or `padzoo label` wrote.
        test: Folder of the held-out trajectories; None for none.
        test_preferences: File of comparisons between them.
        val: Folder of the trajectories to validate on; None means those of `train`.
        val_preferences: File of comparisons between them; None for no validation.
        mode: `sampled` draws `batch_size` comparisons without replacement; `all_pairs` draws `batch_trajectories`
            trajectories and takes all comparisons among them.
        batch_size: Comparisons a batch and rank, for `sampled`.
        batch_trajectories: Trajectories a batch and rank, for `all_pairs`.
        seed: Seed of the order.
        predict: Folder of shards for `predict`.
        labellers: Whose comparisons are learnt from; None for everybody's.
        ties: Clips that a labeller ranked alike are left out of training with `drop`, and drawn together with `half`.
    """

    def __init__(
        self,
        train: str | None = None,
        train_preferences: str | None = None,
        test: str | None = None,
        test_preferences: str | None = None,
        val: str | None = None,
        val_preferences: str | None = None,
        mode: Literal["sampled", "all_pairs"] = "sampled",
        batch_size: int = 64,
        batch_trajectories: int = 32,
        seed: int = 0,
        predict: str | None = None,
        labellers: list[str] | None = None,
        ties: Ties = "drop",
    ) -> None:
        super().__init__(predict)
        if mode not in ("sampled", "all_pairs"):
            raise ValueError(f"data.mode {mode!r}: allowed: sampled, all_pairs")
        for name, value, least in (("batch_size", batch_size, 1), ("batch_trajectories", batch_trajectories, 2)):
            if value < least:
                raise ValueError(f"data.{name} {value}: allowed: {least} or more")
        if (test is None) != (test_preferences is None):
            raise ValueError("data.test and data.test_preferences: allowed: both or neither")
        if val is not None and val_preferences is None:
            raise ValueError(f"data.val {val}: allowed: with data.val_preferences, a file of comparisons between them")
        if labellers is not None and not labellers:
            raise ValueError("data.labellers []: allowed: one or more, or null for everybody")
        if ties not in get_args(Ties):
            raise ValueError(f"data.ties {ties!r}: allowed: {', '.join(get_args(Ties))}")
        self._sources = {
            "train": (train, train_preferences),
            "val": (val or train, val_preferences),
            "test": (test, test_preferences),
        }
        self.mode = mode
        self.batch_size = batch_size
        self.batch_trajectories = batch_trajectories
        self.seed = seed
        self.labellers = labellers
        self.ties: Ties = ties
        self._sets: dict[str, ShardSet] = {}  # by folder
        self._known: dict[str, Known] = {}  # by split

    def setup(self, stage: str) -> None:
        """Checks folders and files before anything is trained.

        Args:
            stage: What the trainer is about to do: fit, validate, test or predict.

        Raises:
            ValueError: If a folder or a file is missing, or one of them or a line is not right.
        """
        for split in {"fit": ("train", "val"), "validate": ("val",), "test": ("test",)}.get(stage, ()):
            if (stage, split) != ("fit", "val") or self._sources["val"][1] is not None:  # only fit does without
                self.comparisons(split)

    def trajectories(self, split: str) -> Sequence[Trajectory]:
        """Returns the trajectories that a split's `ids` count in; each is decoded when it is asked for.

        Args:
            split: `train`, `val` or `test`.

        Raises:
            ValueError: If the split has none.
        """
        return self._set(split)

    def fingerprint(self, split: str) -> str:
        """Returns the sha256 of the manifest of a split's trajectories.

        Args:
            split: `train`, `val` or `test`.
        """
        return self._set(split).manifest.fingerprint

    def comparisons(self, split: str) -> Known:
        """Returns the comparisons of a split.

        Args:
            split: `train`, `val` or `test`.

        Returns:
            Winner and loser of each, rows in `trajectories(split)`, int64 `(N, 2)`; and what else is known of each,
            `(N,)`, by name: `weights`, `stages`; of held-out ones `same_category`, if every line says it.

        Raises:
            ValueError: If the split has none, or a line is not right.
        """
        if split not in self._known:
            self._known[split] = self._read(split)
        return self._known[split]

    def train_dataloader(self) -> DataLoader[Any]:
        """Yields batches of comparisons without end."""
        pairs, about = self.comparisons("train")
        if self.mode == "sampled":
            return loader(SampledComparisons(pairs, self.batch_size, self.seed, about), sampler=self.counting)
        return loader(GroupedComparisons(pairs, self.batch_trajectories, self.seed, about), sampler=self.counting)

    def reading(self) -> dict[str, Any]:
        """Returns what decides the order of the training comparisons."""
        names = ("mode", "batch_size", "batch_trajectories", "seed")
        settings = {f"data.{name}": getattr(self, name) for name in names}
        sets = {"data.train's index.json": self.fingerprint("train")}
        pairs, about = self.comparisons("train")
        held = pairs.tobytes() + b"".join(about[name].tobytes() for name in sorted(about))
        sets["data.train_preferences of sha256"] = sha256(held).hexdigest()
        return super().reading() | settings | sets

    def val_dataloader(self) -> DataLoader[Any]:
        """Yields every comparison of the validation file once, or nothing if there is none."""
        return loader(Nothing()) if self._sources["val"][1] is None else self._exact("val")

    def test_dataloader(self) -> DataLoader[Any]:
        """Yields every comparison of the test file once.

        Raises:
            ValueError: If there is no test set.
        """
        return self._exact("test")

    def _set(self, split: str) -> ShardSet:
        folder = self._sources[split][0]
        if folder is None:
            raise ValueError(f"data.{split} None: allowed: a folder of shards, with data.{split}_preferences")
        if folder not in self._sets:
            self._sets[folder] = ShardSet(folder)
        return self._sets[folder]

    def _read(self, split: str) -> Known:
        rows, (folder, file) = self._set(split).rows, self._sources[split]
        if file is None:
            raise ValueError(f"data.{split}_preferences None: allowed: a file of preferences")
        pairs = []
        learnt = split == "train"
        known = preference.numbered(file, self.labellers if learnt else None, self.ties if learnt else "drop")
        for number, found in known:
            for key in (found.winner, found.loser):
                if key not in rows:
                    raise ValueError(f"{file}, line {number}: no trajectory {key!r} in {folder}")
            pairs.append((rows[found.winner], rows[found.loser]))
        weights = np.array([1 if found.weight is None else found.weight for _, found in known], dtype=np.float32)
        winners = [(number, winner) for (number, _), (winner, _) in zip(known, pairs, strict=True)]
        _, stages = np.unique(winners, axis=0, return_inverse=True)
        about: dict[str, NDArray[Any]] = {} if (weights == 1).all() else {"weights": weights}
        if len(set(winners)) < len(winners):  # some line is a ranking of three or more
            about["stages"] = stages.reshape(-1)
        alike = [found.same_category for _, found in known]
        if not learnt and None not in alike:
            about["same_category"] = np.array(alike, dtype=np.bool_)
        return np.asarray(pairs, dtype=np.int64), about

    def _exact(self, split: str) -> DataLoader[Any]:
        """Loads every comparison of a split once, in the order of the file; every rank loads all of them."""
        pairs, about = self.comparisons(split)
        starts = range(0, len(pairs), EXACT_BATCH)
        batches = [gather(pairs, slice(start, start + EXACT_BATCH), about) for start in starts]
        return loader(cast(Dataset[Comparisons], batches))
