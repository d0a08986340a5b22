"""GRPO: PPO's clipped surrogate, with the episodes of the same start in place of a critic."""

from typing import Any

import torch
from torch import Tensor

from padzoo.zoo.learn.advantages import Scale, in_groups
from padzoo.zoo.learn.experience import Experience
from padzoo.zoo.learn.repeated_aligner import RepeatedAligner
from padzoo.zoo.learn.surrogate import clipped_surrogate


class GRPO(RepeatedAligner):
    """Aligns a policy by group relative policy optimisation (Shao et al. 2024).

    Every start is played `data.group` times; an episode's advantage is its reward less the group's mean, as a number
    of standard deviations. Each episode counts the same, however long it is.

    Args:
        policy: The policy to align, and the reference of the KL term: a `.ckpt`, a folder of weights or a name of the
            zoo.
        reward: The reward model: a `.ckpt`, a folder of weights or a name of the zoo; several are an ensemble.
        clip_low: How far below 1 the ratio of the new to the old probability of an action counts.
        clip_high: How far above 1.
        scale: Whose standard deviation: that of the same `start`, as published; of the `batch`, which is not biased by
            how difficult a start is; or `none`.
        settings: What every repeated aligner has; see `RepeatedAligner`.
    """

    GROUPED = True

    def __init__(
        self,
        policy: str,
        reward: str | list[str],
        clip_low: float = 0.2,
        clip_high: float = 0.2,
        scale: Scale = "start",
        **settings: Any,
    ) -> None:
        super().__init__(policy, reward, scale=scale, **settings)
        self.clip_low, self.clip_high = clip_low, clip_high

    def advantages(self, rewards: Tensor, groups: Tensor) -> Tensor:
        """Takes the mean of the same start off each reward."""
        found = torch.zeros_like(rewards)
        for places in in_groups(groups):
            found[places] = rewards[places] - rewards[places].mean()
        return found

    def loss(self, experience: Experience, log_probs: Tensor) -> Tensor:
        """Returns the clipped surrogate, to be made larger; see `Aligner.loss`."""
        assert experience.log_probs is not None
        assert experience.advantages is not None
        terms = clipped_surrogate(
            log_probs, experience.log_probs, experience.advantages, self.clip_low, self.clip_high
        )  # (N,)
        return -self.averaged(experience, terms)

    def averaged(self, experience: Experience, steps: Tensor) -> Tensor:
        """Averages over each episode's steps, then over the episodes; see `Aligner.averaged`."""
        return (experience.per_episode(steps) / torch.tensor(experience.lengths, device=steps.device)).mean()
