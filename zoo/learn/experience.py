"""What an aligner learns from: a batch of its own episodes and their rewards."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import torch
from torch import Tensor

from padzoo.envs.rollout import Rollout

STEPS: Final = ("actions", "reference", "log_probs", "advantages", "returns")  # fields with a value of every step


@dataclass(frozen=True, eq=False)
class Experience:
    """Episodes that the policy played itself, one step below the other: N steps of B episodes.

    Args:
        rollouts: The episodes, B of them; none crashed.
        actions: Gamepad actions of all steps, int64 `(N, 16)`.
        rewards: Reward of each episode, `(B,)`.
        reference: The reference policy's logits at all steps, `(N, 68)`.
        log_probs: Log-probability of each step's action under the policy that played it, summed over the 16
            components, `(N,)`; None where an algorithm learns from every episode once.
        advantages: How much better each step's action was than what was expected, `(N,)`; None before it is known.
        returns: What a critic should have expected at each step, `(N,)`; None without a critic.
    """

    rollouts: Sequence[Rollout]
    actions: Tensor  # (N, 16)
    rewards: Tensor  # (B,)
    reference: Tensor  # (N, 68)
    log_probs: Tensor | None = None  # (N,)
    advantages: Tensor | None = None  # (N,)
    returns: Tensor | None = None  # (N,)

    @property
    def lengths(self) -> list[int]:
        """Steps of each episode, B of them, N in all."""
        return [len(rollout) for rollout in self.rollouts]

    @property
    def groups(self) -> Tensor:
        """Which episodes had the same start: for each the first one that had it, int64 `(B,)`."""
        starts = [rollout.episode.start for rollout in self.rollouts]
        return torch.tensor([starts.index(start) for start in starts], device=self.rewards.device)

    def per_episode(self, steps: Tensor) -> Tensor:
        """Sums the steps of each episode.

        Args:
            steps: A value of every step, `(N,)`.

        Returns:
            Sums, `(B,)`.
        """
        return torch.stack([part.sum() for part in torch.split(steps, self.lengths)])

    def per_step(self, episodes: Tensor) -> Tensor:
        """Repeats each episode's value at its steps.

        Args:
            episodes: A value of every episode, `(B,)`.

        Returns:
            Values, `(N,)`.
        """
        return episodes.repeat_interleave(torch.tensor(self.lengths, device=episodes.device))

    def select(self, chosen: Sequence[int]) -> "Experience":
        """Returns some of the episodes.

        Args:
            chosen: Which, one at least.
        """
        rows = torch.as_tensor(chosen, device=self.rewards.device)

        def steps(values: Tensor | None) -> Tensor | None:
            if values is None:
                return None
            parts = torch.split(values, self.lengths)
            return torch.cat([parts[row] for row in chosen])

        picked: dict[str, Any] = {name: steps(getattr(self, name)) for name in STEPS}
        return replace(self, rollouts=[self.rollouts[row] for row in chosen], rewards=self.rewards[rows], **picked)
