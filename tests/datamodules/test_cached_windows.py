from pathlib import Path
from types import SimpleNamespace

import numpy as np

from padzoo.core.trajectory import Trajectory
from padzoo.datamodules.cached_windows import CachedWindows
from padzoo.datamodules.sets.decoded_set import DecodedSet
from padzoo.datamodules.sets.manifest import Manifest
from padzoo.datamodules.windows import Window


def read(window: Window) -> np.ndarray:
    frames = np.empty((len(window.rows), 64, 64, 3), dtype=np.uint8)
    window.source.read_rows(window.rows, frames)
    return frames


def build(shards: Path, seed: int = 0) -> CachedWindows:
    decoded = DecodedSet.of(Manifest.load(shards), str(shards.parent))
    return CachedWindows(decoded, keep=lambda key: True, context=16, filter_noops=True, seed=seed)


def test_frames_show_their_actions_and_none_is_neutral(shards: Path, pictures: SimpleNamespace) -> None:
    for window in build(shards).lap(0, 0, 1):
        frames = read(window)
        np.testing.assert_array_equal(pictures.left_stick(frames), window.actions[:, 12:14])
        assert not (window.actions == [0] * 12 + [5] * 4).all(axis=1).any()


def test_readers_share_a_lap_without_overlap(
    shards: Path, pictures: SimpleNamespace, trajectories: list[Trajectory]
) -> None:
    laps = build(shards)
    whole = [read(window) for window in laps.lap(2, 0, 1)]
    parts = [[read(window) for window in laps.lap(2, reader, 3)] for reader in range(3)]
    assert sum(map(len, parts)) == len(whole)
    for reader, part in enumerate(parts):
        for one, other in zip(part, whole[reader::3], strict=True):
            np.testing.assert_array_equal(one, other)
    assert {int(pictures.indices(frames)[0]) for frames in whole} == set(range(len(trajectories)))


def test_laps_differ_and_repeat_by_seed(shards: Path) -> None:
    laps = build(shards)
    first, again, later, other = (
        [window.seed for window in windows]
        for windows in (laps.lap(0, 0, 1), laps.lap(0, 0, 1), laps.lap(1, 0, 1), build(shards, 1).lap(0, 0, 1))
    )
    assert first == again
    assert first != later
    assert first != other
