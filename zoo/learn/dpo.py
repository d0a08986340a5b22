"""DPO: alignment from preferences alone, without play and without a reward model."""

from typing import NamedTuple

import torch
from torch import Tensor

from padzoo.zoo import hub
from padzoo.zoo.learn.bradley_terry import bradley_terry_loss
from padzoo.zoo.learn.feature_store import TrajectorySource
from padzoo.zoo.learn.policy_module import PolicyModule, Trainable
from padzoo.zoo.learn.preference_accuracy import PreferenceAccuracy
from padzoo.zoo.nets.gamepad_distribution import GamepadDistribution
from padzoo.zoo.nets.policy import Policy


def dpo_loss(winners: Tensor, losers: Tensor, beta: float, weights: Tensor | None = None) -> Tensor:
    """Computes the loss of direct preference optimisation (Rafailov et al. 2023, equation 7).

    It is that of a reward model whose reward is beta x the log-ratio.

    Args:
        winners: Log-ratio of the policy to the reference of the preferred trajectories, `(P,)`.
        losers: Of the others, `(P,)`.
        beta: How dear a log-ratio is.
        weights: How much each preference counts, `(P,)`; None for alike.

    Returns:
        Mean of -log sigmoid(beta x (winner - loser)), a scalar; log 2 where policy and reference are the same.
    """
    return bradley_terry_loss(beta * winners, beta * losers, weights)


class Known(NamedTuple):
    """What stays as it is of a trajectory.

    Attributes:
        actions: Its actions, int64 `(T, 16)`.
        log_prob: Their log-probability under the reference, a scalar.
        seen: What the weights that learn see of it, `(T, D)`: the features of its steps, or with low-rank changes the
            embeddings of its frames; None if all learn.
    """

    actions: Tensor
    log_prob: Tensor
    seen: Tensor | None


class DPO(PolicyModule):
    """Aligns a policy with preferences between recorded trajectories, by direct preference optimisation.

    The trajectories may be anybody's, best the policy's own: `padzoo rollout`, `padzoo prefer`, then this; and again.

    Args:
        policy: The policy to align, and the reference: a `.ckpt`, a folder of weights or a name of the zoo.
        beta: How dear a log-ratio is: a low one lets the policy go far from the reference.
        trainable: Which weights learn: the `head`, that and a `lora` of the transformer, or `all`.
        averaged: Whether a trajectory counts by the mean over its steps, not their sum: long ones then weigh no more.
        lr: Learning rate after the warmup.
        weight_decay: AdamW's decoupled weight decay.
        warmup_steps: Updates over which the learning rate rises linearly.
        decay: Whether the learning rate then falls linearly, to 0 at the trainer's `max_steps`.

    Raises:
        ValueError: If `policy` does not hold a policy, or a setting is not allowed.
    """

    FROZEN = ("reference.",)
    reference: Policy

    def __init__(
        self,
        policy: str,
        beta: float = 0.1,
        trainable: Trainable = "head",
        averaged: bool = False,
        lr: float = 1e-4,
        weight_decay: float = 0.0,
        warmup_steps: int = 0,
        decay: bool = False,
    ) -> None:
        if beta <= 0:
            raise ValueError(f"model.beta {beta}: allowed: over 0")
        optimization = {"lr": lr, "weight_decay": weight_decay, "warmup_steps": warmup_steps, "decay": decay}
        super().__init__(hub.load(policy, "policy"), {"policy": policy}, trainable, optimization)
        self.save_hyperparameters()
        self.beta = beta
        self.averaged = averaged
        self.accuracy = PreferenceAccuracy()
        self.reference = hub.load(policy, "policy").requires_grad_(False)
        self._known: dict[tuple[str, int], Known] = {}  # by split and row

    @property
    def pretrained(self) -> bool:
        """Whether the policy started from given weights: it always does."""
        return True

    def setup(self, stage: str) -> None:
        """Finds the trajectories that batches compare.

        Raises:
            ValueError: If the data module has none.
        """
        source = self.trainer.datamodule  # type: ignore[attr-defined]
        if stage != "predict" and not isinstance(source, TrajectorySource):
            raise ValueError(f"data {type(source).__name__}: has no trajectories to compare; allowed: Preferences")
        self.source = source

    def training_step(self, batch: dict[str, Tensor], batch_index: int) -> Tensor:
        """Returns the loss of a batch: trajectory ids, and winners and losers among them."""
        return self._measure(batch, "train")

    def validation_step(self, batch: dict[str, Tensor], batch_index: int) -> None:
        """Measures a batch of held-out preferences."""
        self._measure(batch, "val")

    def on_validation_epoch_end(self) -> None:
        """Logs the accuracy, between categories and within them too, if these are known."""
        self.accuracy.log_into(self, "val")

    def test_step(self, batch: dict[str, Tensor], batch_index: int) -> None:
        """Measures a batch of held-out preferences."""
        self._measure(batch, "test")

    def on_test_epoch_end(self) -> None:
        """Logs the same of the test set."""
        self.accuracy.log_into(self, "test")

    def _measure(self, batch: dict[str, Tensor], split: str) -> Tensor:
        ratios = torch.stack([self._log_ratio(split, row) for row in batch["ids"].tolist()])  # (K,)
        winners, losers = ratios[batch["winners"]], ratios[batch["losers"]]
        loss = dpo_loss(winners, losers, self.beta, batch.get("weights"))
        pairs = len(winners)
        self.log(f"{split}/loss", loss, prog_bar=True, batch_size=pairs)
        if split == "train":
            self.log("train/accuracy", (winners > losers).float().mean(), batch_size=pairs)
        else:
            self.accuracy.update(winners, losers, batch.get("same_category"))
        self.log(f"{split}/margin", (winners - losers).mean(), batch_size=pairs)
        return loss

    def _log_ratio(self, split: str, row: int) -> Tensor:
        """Returns how much likelier a trajectory is than under the reference, in nats, a scalar."""
        if (split, row) not in self._known:
            self._known[split, row] = self._ask_reference(split, row)
        actions, expected, seen = self._known[split, row]
        if seen is None:
            features = self.net.window_features(self._frames(split, row), actions)
        else:
            features = seen if self.trainable == "head" else self.net.features(seen, actions)
        return self._log_prob(self.net, features, actions) - expected

    @torch.no_grad()
    def _ask_reference(self, split: str, row: int) -> Known:
        actions = torch.from_numpy(self.source.trajectories(split)[row].actions).long().to(self.device)
        embeddings = self.reference.embed(self._frames(split, row))
        features = self.reference.features(embeddings, actions)
        seen = {"head": features, "lora": embeddings, "all": None}[self.trainable]
        return Known(actions, self._log_prob(self.reference, features, actions), seen)

    def _frames(self, split: str, row: int) -> Tensor:
        return torch.as_tensor(self.source.trajectories(split)[row].frames).to(self.device)

    def _log_prob(self, policy: Policy, features: Tensor, actions: Tensor) -> Tensor:
        steps = GamepadDistribution(policy.head(features)).log_prob(actions)  # (T,)
        return steps.mean() if self.averaged else steps.sum()
