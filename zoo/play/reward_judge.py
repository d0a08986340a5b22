"""Judging by a reward model."""

import math
from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray

from padzoo.datamodules.judges.ranks import Ranks, rank
from padzoo.datamodules.sets.shard_set import ShardSet
from padzoo.zoo.nets.reward import RewardNet


class RewardJudge:
    """Prefers the trajectory of the higher reward.

    Args:
        net: The reward model.

    Raises:
        ValueError: As it judges, if a reward is NaN or infinite.
    """

    def __init__(self, net: RewardNet) -> None:
        self._net = net

    def __call__(self, trajectories: ShardSet, groups: NDArray[np.int64]) -> Iterator[Ranks]:
        """Judges groups; see `padzoo.datamodules.judges.judge.Judge`."""
        rewards = {row: self._reward(trajectories, row) for row in np.unique(groups).tolist()}
        return (rank([rewards[row] for row in rows]) for rows in groups.tolist())

    @torch.inference_mode()
    def _reward(self, trajectories: ShardSet, row: int) -> float:
        trajectory = trajectories[row]
        actions = torch.from_numpy(trajectory.actions).long().to(next(self._net.parameters()).device)
        reward = float(self._net.reward([trajectory.frames], [actions])[0])
        if not math.isfinite(reward):
            raise ValueError(f"reward model: its reward of trajectory {trajectories.keys[row]!r} is NaN or infinite")
        return reward
