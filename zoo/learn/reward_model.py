"""Reward models: learning from preferences what is wanted."""

from pathlib import Path
from typing import Any, Literal, get_args

import torch
from torch import Tensor

from padzoo.core.trajectory import Trajectory
from padzoo.zoo import hub
from padzoo.zoo.learn.bradley_terry import bradley_terry_loss, plackett_luce_loss
from padzoo.zoo.learn.feature_store import FeatureStore, TrajectorySource
from padzoo.zoo.learn.module import ZooModule
from padzoo.zoo.learn.preference_accuracy import PreferenceAccuracy
from padzoo.zoo.nets.reward import RewardNet
from padzoo.zoo.nets.step_encoder import STEP_ENCODERS

Rankings = Literal["pairs", "plackett_luce"]


class RewardModel(ZooModule):
    """Trains a Bradley-Terry reward model on the features of a frozen encoder (Section 3.5, Appendix C.3).

    Features are computed once a trajectory. A batch names distinct trajectories, each scored once, and pairs of them.

    Args:
        policy: The policy whose features are used, or, for a random projection, whose image size is; a `.ckpt`, a
            folder of weights or a name of the zoo.
        encoder: `agent`, a policy's features; `random_projection`, a fixed random linear map of the pixels; a control:
            `first_frame`, the features of the first frame alone, or `duration`, the length alone; or the dotted path of
            a `StepEncoder`.
        head: What scores the features: `mlp`, the paper's, or the dotted path of a `RewardHead`.
        projection_seed: Seed of the random projection.
        steps: Steps that every trajectory is padded to; no episode may be longer.
        components: How many principal components of the features are scored, measured on all training trajectories,
            compared or not; None scores the features themselves, as in the paper.
        shift: Steps by which the trajectories of a training batch are moved in time together, at most: another number
            for each batch, between -shift and shift. Which one is better stays as it is; 0 in the paper.
        lr: Learning rate.
        weight_decay: L2 penalty, as AdamW's decoupled weight decay.
        warmup_steps: Updates over which the learning rate rises linearly.
        feature_cache: Folder in which features are kept between runs; None computes them anew.
        rankings: How rankings of several trajectories are learnt: as `pairs`, each a comparison of Bradley and Terry;
            or with `plackett_luce` as choices of the best of those that are left, where ties say nothing.

    Raises:
        ValueError: If `policy` does not hold a policy, or the encoder or the head is unknown.
    """

    net: RewardNet

    def __init__(
        self,
        policy: str,
        encoder: str = "agent",
        head: str = "mlp",
        projection_seed: int = 0,
        steps: int = 100,
        components: int | None = None,
        shift: int = 0,
        lr: float = 1e-4,
        weight_decay: float = 0.1,
        warmup_steps: int = 0,
        feature_cache: str | None = None,
        rankings: Rankings = "pairs",
    ) -> None:
        if rankings not in get_args(Rankings):
            raise ValueError(f"model.rankings {rankings!r}: allowed: {', '.join(get_args(Rankings))}")
        if not 0 <= shift < steps:
            raise ValueError(f"model.shift {shift}: allowed: 0 to below the {steps} steps of a trajectory")
        step_encoder = STEP_ENCODERS.find(encoder).of_policy(hub.load(policy, "policy"), projection_seed)
        net = RewardNet(step_encoder, steps, components, head)
        super().__init__(net, {"policy": policy}, lr, weight_decay, warmup_steps)
        self.save_hyperparameters()
        self.shift = shift
        self.feature_cache = Path(feature_cache) if feature_cache else None
        self.rankings = rankings
        self.accuracy = PreferenceAccuracy()
        self._measured = False  # the components of the features
        self._shifts: torch.Generator | None = None  # of its own, so that a resumed training draws what is next

    def setup(self, stage: str) -> None:
        """Finds the trajectories that batches compare.

        Raises:
            ValueError: If the data module has none.
        """
        if stage == "predict":
            return
        source = self.trainer.datamodule  # type: ignore[attr-defined]
        if not isinstance(source, TrajectorySource):
            raise ValueError(f"data {type(source).__name__}: has no trajectories to compare; allowed: Preferences")
        self.store = FeatureStore(self.net, self.feature_cache, source)

    def on_fit_start(self) -> None:
        """Measures how features vary over the training set, if their principal components are wanted.

        A training that resumes has them: measured on another device, one could point the other way.
        """
        if not self._measured:
            self.store.fit("train")

    def training_step(self, batch: dict[str, Tensor], batch_index: int) -> Tensor:
        """Returns the Bradley-Terry loss of a batch: trajectory ids, and winners and losers among them."""
        winners, losers = self._scores(batch, "train", self._draw_shift())
        loss = self._loss(winners, losers, batch)
        self.log("train/loss", loss, prog_bar=True)
        self.log("train/accuracy", (winners > losers).float().mean())
        return loss

    def validation_step(self, batch: dict[str, Tensor], batch_index: int) -> None:
        """Scores a batch of held-out preferences."""
        self._evaluate(batch, "val")

    def test_step(self, batch: dict[str, Tensor], batch_index: int) -> None:
        """Scores a batch of held-out preferences."""
        self._evaluate(batch, "test")

    def on_validation_epoch_end(self) -> None:
        """Logs the accuracy, between categories and within them too, if these are known."""
        self.accuracy.log_into(self, "val")

    def on_test_epoch_end(self) -> None:
        """Logs the same of the test set."""
        self.accuracy.log_into(self, "test")

    def predict_step(self, batch: Trajectory, batch_index: int) -> dict[str, Any]:
        """Computes a trajectory's reward, normalised, and its features `(100, D)`."""
        actions = torch.from_numpy(batch.actions).long().to(self.device)
        features = self.net.features(batch.frames, actions)
        reward = self.net(features[None])
        if not reward.isfinite().all():
            raise ValueError(f"reward model: its reward of trajectory {batch.key!r} is NaN or infinite")
        return {"key": batch.key, "reward": reward, "features": features}

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Stores the least and greatest reward over the training set, which normalise the output (Appendix C.3)."""
        self.net.measure_range(self.store.get("train"))
        if self._shifts is not None:
            checkpoint["shifts"] = self._shifts.get_state()
        super().on_save_checkpoint(checkpoint)

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Resumes drawing shifts where the training stood."""
        super().on_load_checkpoint(checkpoint)
        self._measured = True
        if "shifts" in checkpoint:
            self._shifts = torch.Generator()
            self._shifts.set_state(checkpoint["shifts"])

    def _draw_shift(self) -> int:
        if self._shifts is None:
            self._shifts = torch.Generator()
            self._shifts.set_state(torch.get_rng_state())
        return int(torch.randint(-self.shift, self.shift + 1, (), generator=self._shifts))

    def _loss(self, winners: Tensor, losers: Tensor, batch: dict[str, Tensor]) -> Tensor:
        if self.rankings == "pairs" or "stages" not in batch:
            return bradley_terry_loss(winners, losers, batch.get("weights"))
        if "weights" in batch:
            raise ValueError("model.rankings plackett_luce: allowed with --data.ties drop and without weights")
        return plackett_luce_loss(winners, losers, batch["stages"])

    def _evaluate(self, batch: dict[str, Tensor], split: str) -> None:
        winners, losers = self._scores(batch, split)
        self.log(f"{split}/loss", bradley_terry_loss(winners, losers, batch.get("weights")), batch_size=len(winners))
        self.accuracy.update(winners, losers, batch.get("same_category"))

    def _scores(self, batch: dict[str, Tensor], split: str, shift: int = 0) -> tuple[Tensor, Tensor]:
        reduced = self.store.get(split)[batch["ids"]]  # (K, steps, components or D)
        moved = (torch.arange(reduced.shape[1]) + shift).clamp(0, reduced.shape[1] - 1)  # its ends are repeated
        scores = self.net.score(reduced[:, moved].float())  # (K,)
        return scores[batch["winners"]], scores[batch["losers"]]
