"""DPO: alignment from preferences alone, without play and without a reward model."""

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from padzoo.zoo import hub
from padzoo.zoo.learn.feature_store import TrajectorySource
from padzoo.zoo.learn.policy_module import PolicyModule, Trainable
from padzoo.zoo.learn.preference_accuracy import PreferenceAccuracy
from padzoo.zoo.nets.gamepad_distribution import GamepadDistribution
from padzoo.zoo.nets.policy import Policy


def dpo_loss(winners: Tensor, losers: Tensor, beta: float) -> Tensor:
    """Computes the loss of direct preference optimisation (Rafailov et al. 2023, equation 7).

    Args:
        winners: Log-ratio of the policy to the reference of the preferred trajectories, `(P,)`.
        losers: Of the others, `(P,)`.
        beta: How dear a log-ratio is.

    Returns:
        Mean of -log sigmoid(beta x (winner - loser)), a scalar; log 2 where policy and reference are the same.
    """
    return -logsigmoid(beta * (winners - losers)).mean()


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
        self._known: dict[tuple[str, int], Tensor] = {}  # features, where they stay as they are
        self._expected: dict[tuple[str, int], Tensor] = {}  # log-probabilities under the reference

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
        loss = dpo_loss(winners, losers, self.beta)
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
        trajectory = self.source.trajectories(split)[row]
        actions = torch.from_numpy(trajectory.actions).long().to(self.device)
        frames = torch.as_tensor(trajectory.frames)
        if (split, row) not in self._expected:
            with torch.no_grad():
                features = self.reference.window_features(frames.to(self.device), actions)
                self._expected[split, row] = self._log_prob(self.reference, features, actions)
            if self.trainable == "head":
                self._known[split, row] = features
        known = self._known.get((split, row))
        features = self.net.window_features(frames.to(self.device), actions) if known is None else known
        return self._log_prob(self.net, features, actions) - self._expected[split, row]

    def _log_prob(self, policy: Policy, features: Tensor, actions: Tensor) -> Tensor:
        steps = GamepadDistribution(policy.head(features)).log_prob(actions)  # (T,)
        return steps.mean() if self.averaged else steps.sum()
