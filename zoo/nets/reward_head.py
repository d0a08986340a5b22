"""Heads of reward models: from the features of a trajectory's steps to one number."""

from typing import Final

from torch import Tensor, nn

from padzoo.zoo.nets.parts import Parts


class RewardHead(nn.Module):
    """What a reward model learns. A subclass defines `forward`.

    Args:
        dim: Width of a step's features, D.
        steps: Steps of a padded trajectory.
    """

    def __init__(self, dim: int, steps: int) -> None:
        super().__init__()

    def forward(self, features: Tensor) -> Tensor:
        """Scores padded trajectories.

        Args:
            features: Features of every step, `(N, steps, D)`.

        Returns:
            Raw scores, `(N,)`.
        """
        raise NotImplementedError


REWARD_HEADS: Final = Parts("reward_head", RewardHead, {"mlp": "padzoo.zoo.nets.trajectory_reward.TrajectoryReward"})
