"""A reward head of one's own: look for the steps that matter. `padzoo fit --model.head reward_head.Attention ...`."""

from torch import Tensor, nn
from torch.nn.functional import gelu

from padzoo.zoo.nets.reward_head import RewardHead


class Attention(RewardHead):
    """Weighs the steps of a trajectory by what they show, and scores their weighted mean."""

    def __init__(self, dim: int, steps: int) -> None:
        super().__init__(dim, steps)
        self.relevance = nn.Linear(dim, 1)
        self.value = nn.Linear(dim, 64)
        self.score = nn.Linear(64, 1)

    def forward(self, features: Tensor) -> Tensor:
        """Scores trajectories `(N, steps, D)`."""
        weights = self.relevance(features).softmax(1)  # (N, steps, 1)
        found = (weights * gelu(self.value(features))).sum(1)  # (N, 64)
        scores: Tensor = self.score(found)[:, 0]  # (N,)
        return scores
