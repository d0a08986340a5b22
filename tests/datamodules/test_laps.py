import gc
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from padzoo.core.trajectory import Trajectory
from padzoo.datamodules.sets.manifest import Manifest
from padzoo.datamodules.shard_windows import ShardWindows
from padzoo.datamodules.windows import Window


def build(folder: Path, shuffle: int = 20, seed: int = 0, keep: str = "") -> ShardWindows:
    return ShardWindows(
        Manifest.load(folder),
        keep=lambda key: keep in key,
        context=16,
        filter_noops=True,
        shuffle=shuffle,
        seed=seed,
    )


def names(windows: list[Window]) -> list[tuple[str, int]]:
    return [(window.source.key, int(window.rows[0])) for window in windows]  # type: ignore[attr-defined]


def test_a_lap_is_decided_by_seed_and_number(shards: Path) -> None:
    laps = build(shards)
    first = names(list(laps.lap(0, 0, 1)))
    assert names(list(build(shards).lap(0, 0, 1))) == first
    assert names(list(laps.lap(1, 0, 1))) != first
    assert names(list(build(shards, seed=1).lap(0, 0, 1))) != first
    assert [key for key, _ in first] != sorted(key for key, _ in first)


@pytest.mark.parametrize("readers", [1, 2, 6])
@pytest.mark.parametrize("number", [0, 3])
def test_every_trajectory_goes_to_exactly_one_reader(shards: Path, readers: int, number: int) -> None:
    shares = [{key for key, _ in names(list(build(shards).lap(number, reader, readers)))} for reader in range(readers)]
    assert sum(map(len, shares)) == 24
    assert len(set.union(*shares)) == 24


def test_readers_get_other_shards_in_the_next_lap(shards: Path) -> None:
    laps = build(shards)
    shares = [frozenset(key for key, _ in names(list(laps.lap(number, 0, 2)))) for number in range(6)]
    assert len(set(shares)) > 1


def test_without_shuffle_every_kept_step_comes_once_in_order(shards: Path, trajectories: list[Trajectory]) -> None:
    windows = list(build(shards, shuffle=0).lap(0, 0, 1))
    keys = [key for key, _ in names(windows)]
    assert keys == sorted(keys)
    for trajectory in trajectories:
        rows = [
            row
            for window, key in zip(windows, keys, strict=True)
            if key == trajectory.key
            for row in window.rows.tolist()
        ]
        pressed = [row for row, action in enumerate(trajectory.actions.tolist()) if action != [0] * 12 + [5] * 4]
        assert rows == pressed
    assert names(list(build(shards, shuffle=0).lap(4, 0, 1))) == names(windows)


def test_only_chosen_trajectories_come(shards: Path) -> None:
    assert {key for key, _ in names(list(build(shards, keep="-01").lap(0, 0, 1)))} == {
        f"pattern-01{digit}" for digit in range(10)
    }


def test_frames_show_their_actions(shards: Path, pictures: SimpleNamespace) -> None:
    for window in list(build(shards).lap(0, 0, 1))[:30]:
        frames = np.empty((len(window.rows), 64, 64, 3), dtype=np.uint8)
        window.source.read_rows(window.rows, frames)
        np.testing.assert_array_equal(pictures.left_stick(frames), window.actions[:, 12:14])
        np.testing.assert_array_equal(pictures.button_a(frames), window.actions[:, 0] == 1)
        np.testing.assert_array_equal(pictures.steps(frames), window.rows)


def test_a_lap_that_is_left_early_closes_its_file(shards: Path) -> None:
    lap = build(shards, shuffle=4).lap(0, 0, 1)
    next(lap)
    del lap
    gc.collect()  # an open file would be a ResourceWarning, which fails the test
