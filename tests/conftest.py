"""Small real data for every room's tests: moving patterns played by nobody."""

from pathlib import Path

import numpy as np
import pytest

from datamodules.shards import ShardWriter
from datamodules.trajectory import Trajectory
from envs.gamepad import NEUTRAL

SIZE = 64
TRAJECTORIES = 24
OUTCOMES = ("none", "left", "middle", "right")


def make_trajectory(index: int) -> Trajectory:
    """Makes one trajectory of 20 to 60 steps; a fifth of them press nothing.

    The picture tells the action: the top half's red is 20 x the bucket of left_x, its green 20 x that of left_y, its
    blue 255 when `a` is down; and the bottom half tells the step, red 4 x its number, and the trajectory, green 10 x
    `index`.
    """
    rng = np.random.default_rng(index)
    length = int(rng.integers(20, 61))
    actions = np.tile(np.asarray(NEUTRAL, dtype=np.int8), (length, 1))
    actions[:, 12:14] = rng.integers(0, 11, size=(length, 2))
    actions[:, 0] = rng.integers(0, 2, size=length)
    actions[rng.random(length) < 0.2] = NEUTRAL
    frames = np.zeros((length, SIZE, SIZE, 3), dtype=np.uint8)
    frames[:, : SIZE // 2, :, 0] = 20 * actions[:, 12].astype(np.uint8)[:, None, None]
    frames[:, : SIZE // 2, :, 1] = 20 * actions[:, 13].astype(np.uint8)[:, None, None]
    frames[:, : SIZE // 2, :, 2] = 255 * actions[:, 0].astype(np.uint8)[:, None, None]
    frames[:, SIZE // 2 :, :, 0] = 4 * np.arange(length, dtype=np.uint8)[:, None, None]
    frames[:, SIZE // 2 :, :, 1] = 10 * index
    positions = np.stack([np.arange(length), np.full(length, index), np.zeros(length)], axis=1).astype(np.float32)
    meta = {"seed": index, "outcome": OUTCOMES[index % 4], "player": "pattern"}
    return Trajectory(f"pattern-{index:03d}", frames, actions, positions, meta)


@pytest.fixture(scope="session")
def trajectories() -> list[Trajectory]:
    """The trajectories that `shards` holds, before they were stored."""
    return [make_trajectory(index) for index in range(TRAJECTORIES)]


@pytest.fixture(scope="session")
def shards(tmp_path_factory: pytest.TempPathFactory, trajectories: list[Trajectory]) -> Path:
    """A folder of six shards of four trajectories of 64 x 64 frames; do not change it."""
    folder = tmp_path_factory.mktemp("sets") / "patterns"
    with ShardWriter(folder, source={"made": "for tests"}, trajectories_per_shard=4) as writer:
        for trajectory in trajectories:
            writer.write(trajectory)
    return folder
