import gc
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from padzoo.core.trajectory import Trajectory
from padzoo.datamodules.laps import Laps
from padzoo.datamodules.sets.shard_set import ShardSet
from padzoo.datamodules.windows import Window


def build(folder: Path, decoded: bool = False, keep: str = "", **changes: Any) -> Laps:
    shards = ShardSet(folder)
    settings = {"context": 16, "filter_noops": True, "shuffle": 20, "seed": 0} | changes
    return Laps(shards, shards.decoded() if decoded else None, keep=lambda key: keep in key, **settings)


def names(windows: list[Window]) -> list[tuple[str, int, int]]:
    return [(window.source.key, int(window.rows[0]), window.seed) for window in windows]


def keys(windows: list[Window]) -> list[str]:
    return [window.source.key for window in windows]


@pytest.mark.parametrize("decoded", [False, True])
def test_a_lap_is_decided_by_seed_and_number(shards: Path, decoded: bool) -> None:
    laps = build(shards, decoded)
    first = names(list(laps.lap(0, 0, 1)))
    assert names(list(build(shards, decoded).lap(0, 0, 1))) == first
    assert names(list(laps.lap(1, 0, 1))) != first
    assert names(list(build(shards, decoded, seed=1).lap(0, 0, 1))) != first
    assert [key for key, *_ in first] != sorted(key for key, *_ in first)


@pytest.mark.parametrize("readers", [1, 2, 6])
@pytest.mark.parametrize("number", [0, 3])
def test_every_trajectory_goes_to_exactly_one_reader(shards: Path, readers: int, number: int) -> None:
    shares = [set(keys(list(build(shards).lap(number, reader, readers)))) for reader in range(readers)]
    assert sum(map(len, shares)) == 24
    assert len(set.union(*shares)) == 24


def test_readers_get_other_shards_in_the_next_lap(shards: Path) -> None:
    laps = build(shards)
    assert len({frozenset(keys(list(laps.lap(number, 0, 2)))) for number in range(6)}) > 1


def test_readers_take_turns_at_the_windows_of_a_decoded_set(shards: Path) -> None:
    laps = build(shards, decoded=True)
    whole = names(list(laps.lap(2, 0, 1)))
    assert set(key for key, *_ in whole) == set(ShardSet(shards).keys)
    for reader in range(3):
        assert names(list(laps.lap(2, reader, 3))) == whole[reader::3]


def test_without_shuffle_every_kept_step_comes_once_in_order(shards: Path, trajectories: list[Trajectory]) -> None:
    windows = list(build(shards, shuffle=0).lap(0, 0, 1))
    assert keys(windows) == sorted(keys(windows))
    for trajectory in trajectories:
        rows = [row for window in windows if window.source.key == trajectory.key for row in window.rows.tolist()]
        pressed = [row for row, action in enumerate(trajectory.actions.tolist()) if action != [0] * 12 + [5] * 4]
        assert rows == pressed
    assert names(list(build(shards, shuffle=0).lap(4, 0, 1))) == names(windows)


@pytest.mark.parametrize("decoded", [False, True])
def test_only_chosen_trajectories_come(shards: Path, decoded: bool) -> None:
    assert set(keys(list(build(shards, decoded, keep="-01").lap(0, 0, 1)))) == {
        f"pattern-01{digit}" for digit in range(10)
    }


@pytest.mark.parametrize("decoded", [False, True])
def test_frames_show_their_actions_and_none_is_neutral(shards: Path, pictures: SimpleNamespace, decoded: bool) -> None:
    for window in list(build(shards, decoded).lap(0, 0, 1))[:30]:
        frames = np.empty((len(window.rows), 64, 64, 3), dtype=np.uint8)
        window.source.read_rows(window.rows, frames)
        np.testing.assert_array_equal(pictures.left_stick(frames), window.actions[:, 12:14])
        np.testing.assert_array_equal(pictures.button_a(frames), window.actions[:, 0] == 1)
        np.testing.assert_array_equal(pictures.steps(frames), window.rows)
        assert not (window.actions == [0] * 12 + [5] * 4).all(axis=1).any()


def test_a_lap_without_a_window_is_an_error_not_a_hang(shards: Path) -> None:
    with pytest.raises(ValueError, match="patterns: reader 0 of 1 finds no step to learn from; allowed: fewer workers"):
        build(shards, keep="stranger").lap(0, 0, 1)


def test_a_lap_that_is_left_early_closes_its_file(shards: Path) -> None:
    lap = build(shards, shuffle=4).lap(0, 0, 1)
    next(lap)
    del lap
    gc.collect()  # an open file would be a ResourceWarning, which fails the test
