import os
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from lerobot_set import ACTION, CAMERA, FEATURES, IMAGE, LENGTHS, NAMES, VIDEO, actions, make, shade
from micro import padzoo

from padzoo.core.trajectory import Trajectory
from padzoo.datamodules.importers.lerobot import LeRobot
from padzoo.datamodules.sets.shard_set import ShardSet


def check(trajectory: Trajectory, episode: int, stride: int = 2) -> None:
    """Checks that each kept step has its own picture and its own action."""
    steps = range(0, LENGTHS[episode], stride)
    means = trajectory.frames.mean(axis=(1, 2, 3))
    np.testing.assert_allclose(means, [shade(episode, step) for step in steps], atol=2.5)
    found = actions(episode)[::stride]
    np.testing.assert_array_equal(trajectory.actions[:, :12], found[:, :4:-1])  # 16 to 5: its buttons, reversed
    np.testing.assert_allclose(trajectory.actions[:, 12:] / 5 - 1, found[:, 1:5], atol=1e-6)


def check_all(recordings: LeRobot, stride: int = 2) -> None:
    assert list(recordings.keys) == ["episode-000000", "episode-000001"]
    for episode, key in enumerate(recordings.keys):
        check(recordings.read(key), episode, stride)


def test_every_second_frame_of_20_a_second_keeps_its_action(tmp_path: Path) -> None:
    out = tmp_path / "set"
    assert padzoo("import", "lerobot", make(tmp_path / "source"), "--size", 64, "--out", out) == 0
    archive = ShardSet(out)
    assert archive.keys == ("episode-000000", "episode-000001")
    for episode, trajectory in enumerate(archive):
        assert trajectory.frames.shape[1:] == (64, 64, 3)
        check(trajectory, episode)
        assert trajectory.meta == {"player": "human", "dataset": "lerobot", "episode": episode}


GROUPED = {"other": ["menu"], "sticks": NAMES[1:5], "buttons": NAMES[5:]}
PLACED = {name: place for place, name in reversed(list(enumerate(NAMES)))}


@pytest.mark.parametrize(
    "changed",
    [
        {"version": "v2.0"},
        {"version": "v2.1"},
        {"features": FEATURES | {"action": ACTION | {"names": [NAMES]}}},
        {"features": FEATURES | {"action": ACTION | {"names": {"motors": NAMES}}}},
        {"features": FEATURES | {"action": ACTION | {"names": GROUPED}}},
        {"features": FEATURES | {"action": ACTION | {"names": PLACED}}},
        {"features": FEATURES | {"depth": FEATURES[CAMERA] | {"info": {"video.is_depth_map": True}}}},
        {"version": "v2.0", "features": FEATURES | {"depth": VIDEO | {"video_info": {"video.is_depth_map": True}}}},
        {"features": FEATURES | {"depth": VIDEO | {"info": {}, "video_info": {"video.is_depth_map": True}}}},
        {"fps": 20.0},
        {"fps": 19.98},
        {"total_episodes": None, "data_path": None, "video_path": None},
        {"version": "v2.1", "total_episodes": None, "video_path": None},
        {"data_path": "data/chunk-000/file-{file_index:03d}.parquet"},
        {"version": "v2.0", "data_path": "data/chunk-000/episode_{episode_index:06d}.parquet"},
        {"features": FEATURES | {CAMERA: IMAGE}, "video_path": None},
        {"version": "v2.1", "features": FEATURES | {CAMERA: IMAGE}},
        {"scale": 32767.0},
    ],
)
def test_what_others_write_is_read(tmp_path: Path, changed: dict[str, Any]) -> None:
    check_all(LeRobot(make(tmp_path / "source", **changed), size=64))


def test_ten_frames_a_second_are_all_kept(tmp_path: Path) -> None:
    check_all(LeRobot(make(tmp_path / "source", fps=10), size=64), stride=1)


def test_the_hubs_cache_of_links_is_read(tmp_path: Path) -> None:
    source, snapshot = make(tmp_path / "source"), tmp_path / "snapshot"
    for path in source.rglob("*.*"):
        if path.is_file():
            link = snapshot / path.relative_to(source)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(os.path.relpath(path, link.parent))
    check_all(LeRobot(snapshot, size=64))


def test_the_action_may_be_called_actions(tmp_path: Path) -> None:
    source = make(tmp_path / "source", features={CAMERA: FEATURES[CAMERA], "actions": ACTION})
    table = source / "data/chunk-000/file-002.parquet"
    pq.write_table(pq.read_table(table).rename_columns({"action": "actions"}), table)
    check_all(LeRobot(source, size=64, sticks="unit"))


def test_rows_in_another_order_are_put_in_order(tmp_path: Path) -> None:
    source = make(tmp_path / "source")
    table = source / "data/chunk-000/file-002.parquet"
    pq.write_table(pq.read_table(table).sort_by([("frame_index", "descending")]), table)
    check_all(LeRobot(source, size=64))


@pytest.mark.parametrize("version", ["v2.1", "v3.0"])
def test_discarded_takes_behind_an_episode_are_left_out_and_counted(
    tmp_path: Path, version: str, caplog: pytest.LogCaptureFixture
) -> None:
    recordings = LeRobot(make(tmp_path / "source", version=version, tail=6), size=64)
    check_all(recordings)
    assert [recordings.read(key).meta["discarded_steps"] for key in recordings.keys] == [6, 6]
    assert "6 steps behind episode 0 have no action, as after a discarded take" in caplog.text


@pytest.mark.parametrize(
    ("version", "message"),
    [
        ("v2.1", r"timestamp 0\.03333.* s at step 1; allowed: step / fps, and .*/info\.json has fps 20"),
        ("v3.0", r"from_timestamp 0\.0 to to_timestamp 1\.0333.* is too short for 31 steps at fps 20"),
    ],
)
def test_a_wrong_frame_rate_is_refused(tmp_path: Path, version: str, message: str) -> None:
    source = make(tmp_path / "source", fps=30, version=version)
    info = source / "meta" / "info.json"
    info.write_text(info.read_text().replace('"fps": 30', '"fps": 20'))
    with pytest.raises(ValueError, match=rf"episode 0: {message}"):
        LeRobot(source, size=64).read("episode-000000")


def test_missing_steps_are_named(tmp_path: Path) -> None:
    source = make(tmp_path / "source")
    table = source / "data/chunk-000/file-002.parquet"
    pq.write_table(pq.read_table(table).slice(1), table)
    with pytest.raises(ValueError, match=r"file-002\.parquet: episode 0: 30 steps; allowed: frame_index 0 to 30"):
        LeRobot(source, size=64).read("episode-000000")


@pytest.mark.parametrize("name", ["*.mp4", "data/*/*.parquet"])
def test_a_file_that_is_cut_off_is_named(tmp_path: Path, name: str) -> None:
    recordings = LeRobot(make(tmp_path / "source"), size=64)
    file = next((tmp_path / "source").rglob(name))
    file.write_bytes(file.read_bytes()[:600])
    with pytest.raises(ValueError, match=rf"{file.name}: episode 0: "):
        recordings.read("episode-000000")


def test_an_import_that_was_cut_off_resumes_to_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, whole, out = make(tmp_path / "source", tail=6), tmp_path / "whole", tmp_path / "out"
    assert padzoo("import", "lerobot", source, "--size", 64, "--out", whole) == 0
    original = LeRobot.read

    def cut_off(self: LeRobot, key: str) -> Trajectory:
        if key == "episode-000001":
            raise KeyboardInterrupt
        return original(self, key)

    with monkeypatch.context() as patch:
        patch.setattr(LeRobot, "read", cut_off)
        assert padzoo("import", "lerobot", source, "--size", 64, "--out", out) == 130
    assert padzoo("import", "lerobot", source, "--size", 64, "--out", out) == 0
    names = sorted(path.name for path in whole.iterdir())
    assert names == sorted(path.name for path in out.iterdir())
    assert all((whole / name).read_bytes() == (out / name).read_bytes() for name in names)


def test_a_pointer_is_reported_in_one_line_before_any_work(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = make(tmp_path / "source")
    next(source.rglob("*.mp4")).write_text("version https://git-lfs.github.com/spec/v1\n")
    assert padzoo("import", "lerobot", source, "--out", tmp_path / "out") == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "out").exists()
