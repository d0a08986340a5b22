"""Reward models that learn on while a policy is aligned with them."""

from collections.abc import Sequence
from math import comb
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple

import numpy as np
import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from torch import Tensor

from padzoo.core.episode import Episode, stream
from padzoo.datamodules.comparison_batches import SampledComparisons
from padzoo.datamodules.judges.judge import compare, find_judge
from padzoo.datamodules.judges.pairs import choose_pairs
from padzoo.datamodules.preferences import Preferences
from padzoo.datamodules.sets.shard_set import ShardSet
from padzoo.datamodules.sets.writer import ShardWriter
from padzoo.envs.rollout import Rollout
from padzoo.zoo.hub.checkpoint import hash_file
from padzoo.zoo.learn.aligner import Aligner
from padzoo.zoo.learn.bradley_terry import bradley_terry_loss
from padzoo.zoo.learn.feature_store import FeatureStore
from padzoo.zoo.nets.reward import RewardNet

ENCODER: Final = "encoder."  # begins the weights of a reward model that never change
LEAST: Final = {"renew_every": 1, "rollouts": 2, "comparisons": 1, "updates": 1, "batch_size": 1, "seed": 0}


class Renewed(NamedTuple):
    """What renewals have brought so far; on the CPU.

    Attributes:
        number: Renewals that were due.
        pairs: Winner and loser of each fresh comparison, rows of the fresh rollouts, int64 `(P, 2)`.
        features: What each reward model scores of the fresh rollouts, `(F, steps, components or D)` each.
        weights: What each reward model has learnt, by name; nothing before the first renewal.
    """

    number: int
    pairs: Tensor
    features: list[Tensor]
    weights: list[dict[str, Tensor]]


class RewardRenewal(Callback):
    """Trains an aligner's reward models on, with comparisons of fresh rollouts (Appendix A, steps 3 to 5).

    Every so many episodes the policy plays some more, a judge compares them, the comparisons are added to those that
    the reward models learnt from, and these learn from all of them, each from where it was. Its range is then measured
    anew. The first rank does so for all. Checkpoints keep the comparisons and what was learnt: a resume is exact.

    Args:
        judge: Who compares: what `padzoo prefer --criterion` takes.
        train: Folder of the trajectories that the reward models learnt from.
        train_preferences: File of comparisons between them.
        renew_every: Episodes of all ranks between two renewals; a renewal waits for the end of a batch.
        rollouts: Episodes that are played for a renewal.
        comparisons: Pairs of them that are compared; all, if there are no more.
        updates: Updates of each reward model in a renewal.
        batch_size: Comparisons an update.
        lr: Learning rate of the reward models.
        weight_decay: AdamW's decoupled weight decay of theirs.
        seed: Seed of the rollouts, of the pairs and of the order of the comparisons.

    Raises:
        ValueError: If a number is not allowed.
    """

    def __init__(
        self,
        judge: str,
        train: str,
        train_preferences: str,
        renew_every: int = 1000,
        rollouts: int = 32,
        comparisons: int = 100,
        updates: int = 100,
        batch_size: int = 64,
        lr: float = 1e-4,
        weight_decay: float = 0.1,
        seed: int = 0,
    ) -> None:
        self.judge = judge
        self.renew_every = renew_every
        self.rollouts = rollouts
        self.comparisons = comparisons
        self.updates = updates
        self.batch_size = batch_size
        self.lr = lr
        self.weight_decay = weight_decay
        self.seed = seed
        for name, least in LEAST.items():
            if getattr(self, name) < least:
                raise ValueError(f"RewardRenewal: {name} {getattr(self, name)}; allowed: {least} or more")
        self.settings = {name: getattr(self, name) for name in ("judge", *LEAST, "lr", "weight_decay")}
        self.preferences = train_preferences
        self._known = Preferences(train, train_preferences)
        self._first: list[Tensor] = []  # what each reward model scores of the trajectories of `train`
        self.renewed = Renewed(0, torch.zeros(0, 2, dtype=torch.int64), [], [])

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Finds the judge and reads the comparisons, before anything is learnt.

        Raises:
            ValueError: If the model has no reward model, there is no such judge, or the comparisons are not right.
        """
        if not isinstance(pl_module, Aligner):
            raise ValueError(
                f"RewardRenewal: {type(pl_module).__name__} has no reward model; allowed: aligners that play"
            )
        if stage == "fit":
            find_judge(self.judge)
            self._known.setup("fit")
            self.settings["train's index.json"] = self._known.fingerprint("train")
            self.settings["train_preferences of sha256"] = hash_file(Path(self.preferences))

    @classmethod
    def check(cls, trainer: Trainer, checkpoint: dict[str, Any]) -> None:
        """Refuses to resume a training with renewals without them, or one that had none with them.

        Args:
            trainer: The trainer that is to resume.
            checkpoint: What the file holds.

        Raises:
            ValueError: If only one of both has renewals.
        """
        had = cls.__qualname__ in checkpoint.get("callbacks", {})
        if had != any(isinstance(callback, cls) for callback in trainer.callbacks):  # type: ignore[attr-defined]
            found = "a callback" if had else "no callback"
            raise ValueError(f"ckpt_path: the training has {found} {cls.__name__}; allowed: the same callbacks")

    def state_dict(self) -> dict[str, Any]:
        """Returns what was compared and learnt."""
        return {"settings": self.settings, **self.renewed._asdict()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Resumes from what was compared and learnt.

        Raises:
            ValueError: If the training had other settings.
        """
        for name, now in self.settings.items():
            then = state_dict["settings"].get(name)
            if then != now:
                raise ValueError(f"ckpt_path: the training has RewardRenewal with {name} {then}, now {now}")
        self.renewed = Renewed(**{name: state_dict[name] for name in Renewed._fields})

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Puts into the reward models what they have learnt before a resume."""
        self._fill(pl_module)

    def on_train_batch_start(
        self, trainer: Trainer, pl_module: LightningModule, batch: list[Episode], batch_idx: int
    ) -> None:
        """Renews the reward models, if it is time: batches are counted by the trainer, those before a resume too."""
        batches = trainer.fit_loop.epoch_loop.batch_progress.total.processed  # type: ignore[attr-defined]
        due = batches * len(batch) * trainer.world_size // self.renew_every
        if due > self.renewed.number:
            assert isinstance(pl_module, Aligner)
            found = self.renew(pl_module, due) if trainer.is_global_zero else self.renewed
            self.renewed = trainer.strategy.broadcast(found)
            self._fill(pl_module)

    def renew(self, module: Aligner, due: int) -> Renewed:
        """Plays, has its play compared, and trains the reward models on.

        Args:
            module: The aligner.
            due: Number of this renewal, from 1.

        Returns:
            What renewals have brought so far, this one among them.

        Raises:
            ValueError: If the judge's verdicts are not right, or a reward model likes all trajectories alike.
        """
        todo = stream(self.seed, "play", module.arena.game.starts, (due - 1) * self.rollouts)
        played = module.play([next(todo) for _ in range(self.rollouts)], self.seed)
        rollouts = [rollout for rollout in played if not rollout.crashed]
        before = self.renewed
        if len(rollouts) < 2:
            return before._replace(number=due)
        members, seen = module.rewards.members, module.rewards.features(rollouts)
        if not self._first:
            self._first = [FeatureStore(model, None, self._known).get("train") for model in members]
        fresh = [model.reduce(each).to(first) for model, each, first in zip(members, seen, self._first, strict=True)]
        if before.features:
            fresh = [torch.cat([old.to(new), new]) for old, new in zip(before.features, fresh, strict=True)]
        pairs = torch.cat([before.pairs, self._compare(rollouts) + len(fresh[0]) - len(rollouts)])
        for number, model in enumerate(members):
            self._learn(model, self._first[number], fresh[number], pairs, due * len(members) + number)
        return Renewed(due, pairs, [each.cpu() for each in fresh], [_learnt(model) for model in members])

    def _compare(self, rollouts: Sequence[Rollout]) -> Tensor:
        """Returns winner and loser of each comparison of rollouts, int64 `(P, 2)`."""
        with TemporaryDirectory(prefix="padzoo-renewal-") as aside:
            with ShardWriter(Path(aside) / "set", source={"made": "to renew a reward model"}) as writer:
                for rollout in rollouts:
                    writer.write(rollout.record)
            trajectories = ShardSet(Path(aside) / "set")
            count = min(self.comparisons, comb(len(rollouts), 2))
            chosen = choose_pairs(len(rollouts), count, self.seed, "random")
            found = compare(trajectories, chosen, self.judge)
        rows = {rollout.record.key: row for row, rollout in enumerate(rollouts)}
        pairs = [(rows[one], rows[other]) for each in found for one, other, tie in each.pairs if not tie]
        return torch.tensor(pairs, dtype=torch.int64).reshape(-1, 2)

    def _learn(self, model: RewardNet, first: Tensor, fresh: Tensor, pairs: Tensor, number: int) -> None:
        """Trains a reward model on, and measures its range.

        Args:
            model: The reward model.
            first: What it scores of the trajectories of `train`, `(M, steps, components or D)`.
            fresh: What it scores of the fresh rollouts, `(F, steps, components or D)`.
            pairs: Winner and loser of each fresh comparison, rows of the fresh rollouts, `(P, 2)`.
            number: Seeds the order of the comparisons, beside `seed`.
        """
        features, (known, about) = torch.cat([first, fresh]), self._known.comparisons("train")
        weights = np.ones(len(known) + len(pairs), np.float32)
        weights[: len(known)] = about.get("weights", 1)
        every = np.concatenate([known, pairs.numpy() + len(first)])
        batches = SampledComparisons(every, self.batch_size, self.seed + number, {"weights": weights})
        optimizer = torch.optim.AdamW(model.head.parameters(), lr=self.lr, weight_decay=self.weight_decay)
        model.head.requires_grad_(True).train()
        for update in range(self.updates):
            batch = batches[update]
            scores = model.score(features[batch["ids"]].float())  # (K,)
            loss = bradley_terry_loss(scores[batch["winners"]], scores[batch["losers"]], batch["weights"].to(scores))
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        model.head.requires_grad_(False).eval()
        model.measure_range(features)

    def _fill(self, module: LightningModule) -> None:
        """Puts what was learnt into an aligner's reward models, if anything was."""
        assert isinstance(module, Aligner)
        for number, weights in enumerate(self.renewed.weights):
            module.rewards.members[number].load_state_dict(weights, strict=False)


def _learnt(model: RewardNet) -> dict[str, Tensor]:
    """Returns the weights of a reward model besides its encoder's."""
    state = model.state_dict()
    return {name: value.cpu().clone() for name, value in state.items() if not name.startswith(ENCODER)}
