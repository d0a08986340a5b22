"""RLOO: REINFORCE against the other episodes of the same start."""

from typing import Any

import torch
from torch import Tensor

from padzoo.zoo.learn.advantages import in_groups, leave_one_out
from padzoo.zoo.learn.aligner import Aligner


class RLOO(Aligner):
    """Aligns a policy by REINFORCE, leave one out (Kool et al. 2019, Ahmadian et al. 2024).

    Every start is played `data.group` times; an episode's baseline is the mean reward of the others from its start,
    so that a start that is easy for everybody teaches nothing.

    Args:
        policy: The policy to align, and the reference of the KL term: a `.ckpt`, a folder of weights or a name of the
            zoo.
        reward: The reward model: a `.ckpt`, a folder of weights or a name of the zoo; several are an ensemble.
        settings: What every aligner has; see `Aligner`.
    """

    GROUPED = True

    def __init__(self, policy: str, reward: str | list[str], **settings: Any) -> None:
        super().__init__(policy, reward, **settings)

    def advantages(self, rewards: Tensor, groups: Tensor) -> Tensor:
        """Takes the mean of the others of the same start off each reward; an episode alone has none to learn from."""
        found = torch.zeros_like(rewards)
        for places in in_groups(groups):
            if len(places) > 1:
                found[places] = leave_one_out(rewards[places])
        return found
