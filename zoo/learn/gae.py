"""Generalised advantage estimation."""

import torch
from torch import Tensor


def gae(rewards: Tensor, values: Tensor, lengths: list[int], discount: float, decay: float) -> Tensor:
    """Estimates the advantage of every step (Schulman et al. 2016, equation 16); an episode's end is worth 0.

    Args:
        rewards: Reward of each step of all episodes, `(N,)`.
        values: What the critic expects from each step on, `(N,)`.
        lengths: Steps of each episode, N in all.
        discount: What a reward a step later is worth, over 0 to 1.
        decay: Lambda: 0 trusts the critic's next value, 1 what was rewarded to the end.

    Returns:
        Advantages, `(N,)`.
    """
    advantages = torch.zeros_like(rewards)
    first = 0
    for length in lengths:
        following = rewards.new_zeros(())
        for step in range(first + length - 1, first - 1, -1):
            after = values[step + 1] if step + 1 < first + length else values.new_zeros(())
            following = rewards[step] + discount * after - values[step] + discount * decay * following
            advantages[step] = following
        first += length
    return advantages
