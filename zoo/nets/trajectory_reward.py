"""The paper's head of a reward model."""

from typing import Final

from torch import Tensor, nn

from padzoo.zoo.nets.reward_head import RewardHead

HIDDEN: Final = 256
STEP_OUTPUTS: Final = 3


class TrajectoryReward(RewardHead):
    """Scores a trajectory: an MLP to 3 numbers a step, all of them concatenated, an MLP to 1 (Appendix C.3).

    Args:
        dim: Width of a step's features.
        steps: Steps of a padded trajectory.
    """

    def __init__(self, dim: int, steps: int) -> None:
        super().__init__(dim, steps)
        self.step = nn.Sequential(nn.Linear(dim, HIDDEN), nn.GELU(), nn.Linear(HIDDEN, STEP_OUTPUTS))
        self.whole = nn.Sequential(nn.Linear(STEP_OUTPUTS * steps, HIDDEN), nn.GELU(), nn.Linear(HIDDEN, 1))

    def forward(self, features: Tensor) -> Tensor:
        """Scores padded trajectories; see `RewardHead.forward`."""
        scores: Tensor = self.whole(self.step(features).flatten(1))[:, 0]
        return scores
