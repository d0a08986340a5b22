"""Generalised advantage estimation."""

import torch
from scipy.signal import lfilter
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
    advantages = []
    for reward, value in zip(torch.split(rewards, lengths), torch.split(values, lengths), strict=True):
        errors = reward - value  # (T,), one-step errors
        errors[:-1] += discount * value[1:]
        summed = lfilter([1.0], [1.0, -discount * decay], errors.cpu().double().numpy()[::-1])[::-1]  # from the end
        advantages.append(torch.from_numpy(summed.copy()).to(rewards))
    return torch.cat(advantages)
