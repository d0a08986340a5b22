"""What behavior cloning and alignment share: a policy that trains and predicts actions."""

from typing import Any, Literal, Self

import torch

from padzoo.core.trajectory import Trajectory
from padzoo.zoo.learn.module import ZooModule
from padzoo.zoo.nets.gamepad_distribution import GamepadDistribution
from padzoo.zoo.nets.policy import Policy

Trainable = Literal["all", "head"]


class PolicyModule(ZooModule):
    """A policy that trains and predicts actions.

    Args:
        net: The policy.
        parents: The weights that it starts from or learns with, reference by role.
        trainable: Which weights learn: `all`, or the `head`, the MLP after the transformer (Appendix C.4).
        optimization: `lr`, `weight_decay`, `warmup_steps` and `decay` of `ZooModule`.
    """

    net: Policy

    def __init__(
        self, net: Policy, parents: dict[str, str], trainable: Trainable, optimization: dict[str, Any]
    ) -> None:
        super().__init__(net, parents, **optimization)
        self.trainable = trainable
        if trainable == "head":
            net.requires_grad_(False)
            net.head.requires_grad_(True)
            self.train(self.training)  # Lightning's fit leaves every network in the mode in which it finds it

    def train(self, mode: bool = True) -> Self:
        """Switches to training or evaluation; what is frozen stays in evaluation, the statistics of an encoder too."""
        super().train(mode)
        if self.trainable == "head":
            for child in (self.net.encoder, self.net.projection, self.net.trunk):
                child.eval()
        return self

    def predict_step(self, batch: Trajectory, batch_index: int) -> dict[str, Any]:
        """Computes a trajectory's features `(T, D)`, most likely actions `(T, 16)` and log-probabilities `(T,)`."""
        frames, actions = torch.as_tensor(batch.frames), torch.as_tensor(batch.actions).long()
        features = self.net.window_features(frames.to(self.device), actions.to(self.device))
        distribution = GamepadDistribution(self.net.head(features))
        return {
            "key": batch.key,
            "features": features,
            "actions": distribution.mode(),
            "log_probs": distribution.log_prob(actions.to(self.device)),
        }
