"""Advantages of episodes: how much better each was rewarded than others of its batch, or of its start."""

from typing import Final, Literal

import torch
from torch import Tensor

Scale = Literal["none", "start", "batch"]
LEAST: Final = 1e-6  # spread of rewards, as a standard deviation, below which they count as equal


def leave_one_out(rewards: Tensor) -> Tensor:
    """Takes the mean of the others off each reward: a baseline that leaves the policy gradient unbiased.

    Args:
        rewards: Rewards, `(B,)`.

    Returns:
        Advantages, `(B,)`; a single reward has none to compare with and stays as it is.
    """
    count = len(rewards)
    return (rewards - rewards.mean()) * count / (count - 1) if count > 1 else rewards


def in_groups(groups: Tensor) -> list[Tensor]:
    """Lists the places of each group.

    Args:
        groups: Group of each, int64 `(B,)`.

    Returns:
        Places of the members, `(members,)` a group.
    """
    return [torch.nonzero(groups == group)[:, 0] for group in sorted(set(groups.tolist()))]


def spreads(rewards: Tensor, groups: Tensor) -> Tensor:
    """Returns the standard deviation of each reward's group.

    Args:
        rewards: Rewards, `(B,)`.
        groups: Group of each, int64 `(B,)`.

    Returns:
        Deviations, 0 in a group of one, `(B,)`.
    """
    found = torch.zeros_like(rewards)
    for places in in_groups(groups):
        found[places] = rewards[places].std(correction=0)
    return found


def scaled(advantages: Tensor, rewards: Tensor, groups: Tensor, scale: Scale) -> Tensor:
    """Divides advantages by a standard deviation of the rewards; where that is 0, so are they.

    Args:
        advantages: Advantages, `(B,)`.
        rewards: Rewards, `(B,)`.
        groups: Which episodes had the same start, int64 `(B,)`.
        scale: Of what: `none` divides by nothing; `start`, which is biased by a start's difficulty; or `batch`.

    Returns:
        Advantages, `(B,)`.
    """
    if scale == "none":
        return advantages
    deviations = spreads(rewards, groups if scale == "start" else torch.zeros_like(groups))
    return torch.where(deviations > LEAST, advantages / deviations.clamp(min=LEAST), torch.zeros_like(advantages))
