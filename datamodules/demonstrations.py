"""The data module of behavior cloning: windows of play."""

import hashlib
import math
from collections.abc import Sequence
from typing import Any

from lightning_utilities.core.rank_zero import rank_zero_warn
from torch.utils.data import DataLoader

from padzoo.core.shared_memory import check_shared_memory
from padzoo.datamodules.augment import Augment
from padzoo.datamodules.laps import Laps
from padzoo.datamodules.loader import PREFETCHED, Nothing, loader
from padzoo.datamodules.module import ZooDataModule
from padzoo.datamodules.sets.manifest import Manifest, Shard
from padzoo.datamodules.sets.shard_set import OnDamage, ShardSet
from padzoo.datamodules.window_batches import ExactWindowBatches, WindowBatches


class HeldOut:
    """Splits a set by its keys, the same way in every process and whatever the order.

    Args:
        fraction: The part that is held out, 0 to 1.
        held_out: Choose that part; otherwise the rest.
    """

    def __init__(self, fraction: float, held_out: bool) -> None:
        self._fraction = fraction
        self._held_out = held_out

    def __call__(self, key: str) -> bool:
        """Returns whether a trajectory is chosen by its key."""
        return (_place(key) < self._fraction) == self._held_out

    @staticmethod
    def fit(fraction: float, keys: Sequence[str]) -> float:
        """Returns the fraction nearest to a given one that holds out one key at least and leaves one; 0 for one alone.

        Args:
            fraction: Over 0, below 1.
            keys: What is split.
        """
        if len(keys) < 2:
            return 0.0
        places = sorted(map(_place, keys))
        return min(max(fraction, math.nextafter(places[0], 1.0)), places[-1])


def _place(key: str) -> float:
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8]) / 2**64


class Demonstrations(ZooDataModule):
    """Random windows of demonstrations for behavior cloning (paper, Appendix C.1).

    A batch is `padzoo.datamodules.windows.Batch`: frames uint8 `(B, T, H, W, 3)`, actions int64 `(B, T, 16)`, mask bool
    `(B, T)`, False on the padding behind trajectories shorter than T. Training is endless (give the trainer
    `max_steps`), in another order every pass, and decided by `seed` and the numbers of ranks and workers alone.
    Validation is exact: disjoint windows in the order of the set, not augmented, the same every time and on every rank.

    Args:
        train: Folder of shards to train on; None where nothing is learnt or held out.
        val: Folder of shards to validate on; None holds out a part of `train` by key.
        val_fraction: That part, 0 to 1, and one trajectory at least; 0 for no validation. Of no effect with `val`.
        batch_size: Windows a batch and rank.
        context: Frames a window, T.
        augment: Augment training windows as VPT does: on the trainer's accelerator, or on a CPU where they are read.
        filter_noops: Drop steps whose whole action is neutral before windows are cut.
        damaged: `stop` at the first damaged trajectory, or `skip` it with a warning that counts.
        cache: Decode the training set once into a memory map (12 KB a frame at 64 x 64, 49 KB at 128 x 128).
        cache_dir: Folder for that file; None for the set's own, or the user's cache folder for a remote set.
        workers: Processes that read; training needs as many shards as ranks x workers, unless cached.
        shuffle: Windows that wait, encoded, to be drawn from, a reader.
        seed: Seed of order, windows and augmentation.
        predict: Folder of shards for `predict`.
    """

    def __init__(
        self,
        train: str | None = None,
        val: str | None = None,
        val_fraction: float = 0.05,
        batch_size: int = 16,
        context: int = 32,
        augment: bool = True,
        filter_noops: bool = True,
        damaged: OnDamage = "stop",
        cache: bool = False,
        cache_dir: str | None = None,
        workers: int = 1,
        shuffle: int = 256,
        seed: int = 0,
        predict: str | None = None,
    ) -> None:
        super().__init__(predict)
        for name, value in (("batch_size", batch_size), ("context", context), ("shuffle", shuffle)):
            if value < 1:
                raise ValueError(f"data.{name} {value}: allowed: 1 or more")
        if cache_dir is not None and not cache:
            raise ValueError(f"data.cache_dir {cache_dir}: allowed: with data.cache true")
        if not 0 <= val_fraction < 1:
            raise ValueError(f"data.val_fraction {val_fraction}: allowed: 0 to below 1")
        self.train = train
        self.val = val
        self.val_fraction = 0.0 if val is not None else val_fraction
        self.batch_size = batch_size
        self.context = context
        self.augment = augment
        self.filter_noops = filter_noops
        self.damaged = damaged
        self.cache = cache
        self.cache_dir = cache_dir
        self.workers = workers
        self.shuffle = shuffle
        self.seed = seed

    def reading(self) -> dict[str, Any]:
        """Returns what decides the order of the training samples."""
        names = (
            "batch_size",
            "context",
            "augment",
            "filter_noops",
            "damaged",
            "cache",
            "workers",
            "shuffle",
            "seed",
            "val_fraction",
        )
        settings = {f"data.{name}": getattr(self, name) for name in names}
        return super().reading() | settings | {"data.train's index.json": self._manifest().fingerprint}

    def prepare_data(self) -> None:
        """Decodes the training set, in one process a machine, if it is to be cached."""
        if self.cache and self._fits:
            ShardSet(self._train, self.damaged == "stop").decoded(self.cache_dir, self.damaged)

    def setup(self, stage: str) -> None:
        """Checks the folders before anything is trained.

        Args:
            stage: What the trainer is about to do: fit, validate, test or predict.

        Raises:
            ValueError: If a folder is missing or not a whole set of shards, or has fewer shards than readers.
        """
        if stage == "fit":
            manifest = self._manifest()
            readers = self.world * max(1, self.workers)
            if len(manifest.shards) < readers and not self.cache:
                raise ValueError(
                    f"{self.train}: {len(manifest.shards)} shards for {self.world} ranks x {self.workers} workers; "
                    "allowed: at most as many readers as shards (data.workers), or data.cache: true"
                )
            self._check_steps(manifest, readers)
            batch = self.batch_size * self.context * 3 * manifest.height * manifest.width
            here = self.trainer.num_devices if self.trainer is not None else 1  # ranks that share this memory
            ahead = self.workers * PREFETCHED * here * batch
            check_shared_memory(ahead, f"data.workers {self.workers}", "data.workers 0, a smaller data.batch_size, ")
        if stage in ("validate", "test") and not self._validates:
            raise ValueError(
                f"data.val None and data.val_fraction {self.val_fraction}: allowed: a folder of shards, or a part "
                "above 0 of two trajectories or more"
            )
        if stage in ("fit", "validate", "test") and self._validates:
            self._check_held_out(stage)

    def _manifest(self) -> Manifest:
        """Reads what the training set says of itself; of a set that may be damaged, shards may be missing."""
        return Manifest.load(self._train, self.damaged == "stop")

    def _check_held_out(self, stage: str) -> None:
        """Refuses what would only be found at the first validation."""
        if self.val is None:
            self._manifest()
            return
        held = Manifest.load(self.val)
        learnt = self._manifest() if stage == "fit" else held
        if (held.height, held.width) != (learnt.height, learnt.width):
            raise ValueError(
                f"data.val {self.val}: frames of {held.height} x {held.width}; allowed: of {learnt.height} x "
                f"{learnt.width}, as data.train has"
            )
        if not any(any(_learnable(shard, self.filter_noops)) for shard in held.shards):
            raise ValueError(f"data.val {self.val}: no step whose action is not neutral; allowed: one at least")

    def _check_steps(self, manifest: Manifest, readers: int) -> None:
        keep = HeldOut(self._fraction, held_out=False)
        empty = sum(not any(map(keep, _learnable(shard, self.filter_noops))) for shard in manifest.shards)
        spare = len(manifest.shards) - 1 if self.cache else len(manifest.shards) // readers - 1  # may be empty
        if empty > spare:
            raise ValueError(
                f"{self.train}: {empty} of {len(manifest.shards)} shards have no step to learn from, too many for "
                f"{readers} readers; allowed: fewer data.workers, another data.val_fraction, data.cache: true, or a "
                "set with actions that are not neutral"
            )
        if self.val_fraction > 0 and self._fraction == 0:
            rank_zero_warn(f"{self.train}: nothing of one trajectory is held out; there is no validation")

    def on_after_batch_transfer(self, batch: Any, dataloader_idx: int) -> Any:
        """Augments a training batch on the accelerator: processors could not keep up with one."""
        if isinstance(batch, dict) and "seeds" in batch:
            Augment()(batch["frames"], batch.pop("seeds"))
        return batch

    def train_dataloader(self) -> DataLoader[Any]:
        """Yields batches of random windows without end."""
        batches = WindowBatches(
            self._laps(self._train, HeldOut(self._fraction, held_out=False), self.cache, self.shuffle),
            batch_size=self.batch_size,
            augment=Augment() if self.augment and not self._accelerated else None,
            seeds=self.augment and self._accelerated,
            world=self.world,
        )
        return loader(batches, self.workers, self.counting)

    def val_dataloader(self) -> DataLoader[Any]:
        """Yields the disjoint windows of the validation set once, or nothing if there is none."""
        if not self._validates:
            return loader(Nothing())
        keep = HeldOut(1.0 if self.val else self._fraction, held_out=True)
        laps = self._laps(self.val or self._train, keep, cache=False, shuffle=0)
        # One reader at most: with more, batches would be cut otherwise and the figures would depend on `workers`.
        return loader(ExactWindowBatches(laps, self.batch_size), min(1, self.workers))

    def test_dataloader(self) -> DataLoader[Any]:
        """Yields what validation does."""
        return self.val_dataloader()

    @property
    def _train(self) -> str:
        if self.train is None:
            raise ValueError("data.train None: allowed: a folder of shards (to validate, data.val will do instead)")
        return self.train

    @property
    def _accelerated(self) -> bool:
        return self.trainer is not None and self.trainer.strategy.root_device.type != "cpu"

    @property
    def _validates(self) -> bool:
        return self.val is not None or self._fraction > 0

    @property
    def _fraction(self) -> float:
        """The part of `train` that is held out, so that a small set is split too."""
        if self.val_fraction == 0:
            return 0.0
        shards = self._manifest().shards
        return HeldOut.fit(self.val_fraction, [key for shard in shards for key in _learnable(shard, self.filter_noops)])

    def _laps(self, folder: str, keep: HeldOut, cache: bool, shuffle: int) -> Laps:
        shards = ShardSet(folder, folder != self.train or self.damaged == "stop")
        return Laps(
            shards,
            shards.decoded(self.cache_dir, self.damaged) if cache else None,
            keep=keep,
            context=self.context,
            filter_noops=self.filter_noops,
            shuffle=shuffle,
            seed=self.seed,
            on_damage=self.damaged,
        )


def _learnable(shard: Shard, filter_noops: bool) -> list[str]:
    """Returns the keys of the trajectories that have a step to learn from."""
    return [key for key, steps in (shard.active if filter_noops else shard.steps).items() if steps]
