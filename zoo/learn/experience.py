"""What an aligner learns from: a batch of its own episodes and their rewards."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from padzoo.envs.rollout import Rollout


@dataclass(frozen=True, eq=False)
class Experience:
    """Episodes that the policy played itself, one step below the other: N steps of B episodes.

    Args:
        rollouts: The episodes, B of them; none crashed.
        actions: Gamepad actions of all steps, int64 `(N, 16)`.
        rewards: Reward of each episode, `(B,)`.
    """

    rollouts: Sequence[Rollout]
    actions: Tensor  # (N, 16)
    rewards: Tensor  # (B,)

    @property
    def lengths(self) -> list[int]:
        """Steps of each episode, B of them, N in all."""
        return [len(rollout) for rollout in self.rollouts]

    @property
    def groups(self) -> Tensor:
        """Which episodes had the same start: for each the first one that had it, int64 `(B,)`."""
        starts = [rollout.episode.start for rollout in self.rollouts]
        return torch.tensor([starts.index(start) for start in starts])

    def per_episode(self, steps: Tensor) -> Tensor:
        """Sums the steps of each episode.

        Args:
            steps: A value of every step, `(N,)`.

        Returns:
            Sums, `(B,)`.
        """
        return torch.stack([part.sum() for part in torch.split(steps, self.lengths)])
