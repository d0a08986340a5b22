"""Small real data for every room's tests, moving patterns played by nobody, and networks that saw them for a moment."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import gymnasium
import numpy as np
import pytest
import torch
from micro import fit, padzoo
from small_zoo import publish_family

from padzoo.core.gamepad import NEUTRAL
from padzoo.core.trajectory import Trajectory
from padzoo.datamodules.sets.writer import ShardWriter
from padzoo.zoo.hub import index

SIZE = 64
TRAJECTORIES = 24
OUTCOMES = ("none", "left", "middle", "right")
EXTENDING = Path(__file__).parent / "extending"

torch.set_num_threads(1)  # two threads on two busy cores wait for each other: 70 s instead of 8 s


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


@pytest.fixture(scope="session")
def policy(shards: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of a policy after two updates on the patterns."""
    return fit("policy", "base", tmp_path_factory.mktemp("policy"), "--data.train", shards)


@pytest.fixture(scope="session")
def preferences(shards: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All preferences for the left pad among 15 of the patterns."""
    path = tmp_path_factory.mktemp("preferences") / "left.jsonl"
    assert padzoo("prefer", shards, "--criterion", "left", "--comparisons", 105, "--out", path) == 0
    return path


@pytest.fixture(scope="session")
def reward(shards: Path, preferences: Path, policy: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of a reward model after two updates."""
    data = ["--data.train", shards, "--data.train_preferences", preferences]
    return fit("reward", "reward", tmp_path_factory.mktemp("reward"), "--model.policy", policy, *data)


@pytest.fixture(autouse=True)
def cache_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache, empty; nothing that is tested touches the user's."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("PADZOO_CACHE", str(folder))
    monkeypatch.delenv("PADZOO_INDEX", raising=False)
    return folder


@pytest.fixture(scope="session")
def family(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A zoo of a policy, one that is stored on it and a reward model that is; do not change it."""
    zoo = tmp_path_factory.mktemp("family")
    publish_family(zoo, tmp_path_factory.mktemp("scratch"))
    return zoo


@pytest.fixture
def nothing_installed(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package without checkpoints: an index elsewhere could not replace them."""
    empty = tmp_path_factory.mktemp("empty")
    (empty / index.INDEX).write_text(index.Index().dump())
    monkeypatch.setattr(index, "EMBEDDED", empty)


@pytest.fixture
def zoo_folder(family: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of that zoo, which `PADZOO_INDEX` names."""
    shutil.copytree(family, tmp_path / "zoo")
    monkeypatch.setenv("PADZOO_INDEX", str(tmp_path / "zoo"))
    return tmp_path / "zoo"


@pytest.fixture
def own_modules(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A current folder with what somebody else would write, each one file: a copy of every example in `extending/`."""
    folder = tmp_path_factory.mktemp("mine")
    examples = [path for path in EXTENDING.glob("*.py") if not path.name.startswith("test_")]
    for path in examples:
        shutil.copy(path, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.syspath_prepend("")
        yield folder
        for path in examples:
            sys.modules.pop(path.stem, None)
        gymnasium.registry.pop("Colours-v0", None)  # registered anew by the next test
