from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from lerobot_set import CAMERA, LENGTHS, make, write_episodes

from padzoo.datamodules.importers.lerobot_episode import read_episodes
from padzoo.datamodules.importers.lerobot_info import LeRobotInfo

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 146946961\n".format("6" * 64)


FILES = [
    ("v2.1", "meta/info.json"),
    ("v2.1", "meta/episodes.jsonl"),
    ("v2.1", "data/chunk-000/episode_000001.parquet"),
    ("v2.1", f"videos/chunk-000/{CAMERA}/episode_000001.mp4"),
    ("v3.0", "meta/episodes/chunk-000/file-000.parquet"),
    ("v3.0", "data/chunk-000/file-002.parquet"),
    ("v3.0", f"videos/{CAMERA}/chunk-000/file-003.mp4"),
]


@pytest.mark.parametrize(("version", "name"), FILES)
def test_git_lfs_pointers_and_missing_files_are_named(tmp_path: Path, version: str, name: str) -> None:
    source = make(tmp_path / "source", version=version)
    (source / name).write_text(POINTER)
    with pytest.raises(
        ValueError, match=rf"{name}: a Git LFS pointer in place of the file; fetch it by: git lfs pull$"
    ):
        read_episodes(LeRobotInfo(source))
    (source / name).unlink()
    with pytest.raises(
        ValueError, match=rf"({name}: no such file|0 episodes of 0 steps).*; if the download was cut off"
    ):
        read_episodes(LeRobotInfo(source))


@pytest.mark.parametrize("version", ["v2.1", "v3.0"])
def test_half_a_table_of_episodes_is_named(tmp_path: Path, version: str) -> None:
    source = make(tmp_path / "source", version=version, total_episodes=3)
    with pytest.raises(ValueError, match=r"2 episodes of 55 steps .* info\.json is 3; missing: 1 episodes;"):
        read_episodes(LeRobotInfo(source))
    name = "episodes.jsonl" if version == "v2.1" else "episodes/chunk-000/file-000.parquet"
    table = source / "meta" / name
    table.write_bytes(table.read_bytes()[:-9])
    with pytest.raises(ValueError, match=rf"{table.name}: .*download"):
        read_episodes(LeRobotInfo(source))


@pytest.mark.parametrize("line", [0, 1])
@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"total_episodes": 2.0}, "total_episodes of info.json is 2.0; missing: 1 episodes"),
        ({"total_episodes": None, "total_frames": 55, "splits": {"train": "0:2"}}, ".*_frames .* is 55; missing: {}"),
        ({"total_episodes": None, "total_frames": 55.0}, "total_frames of info.json is 55.0; missing: {}"),
        ({"total_episodes": None, "splits": {"train": "0:1", "test": "1:2"}}, "splits .*'1:2'}}; missing: episode {}"),
    ],
)
def test_lines_that_the_table_lacks_are_missed_by_whatever_says_so(
    tmp_path: Path, said: dict[str, Any], message: str, line: int
) -> None:
    source = make(tmp_path / "source", version="v2.1", **said)
    assert len(read_episodes(LeRobotInfo(source))) == 2
    table = source / "meta" / "episodes.jsonl"
    table.write_text(table.read_text().splitlines()[line])
    lacking = f"{LENGTHS[1 - line]} steps" if "total_frames" in said else 1 - line
    with pytest.raises(ValueError, match=rf"meta: 1 episodes of .* steps listed, {message.format(lacking)}; if"):
        read_episodes(LeRobotInfo(source))


def test_an_empty_data_set_is_refused(tmp_path: Path) -> None:
    source = make(tmp_path / "source", version="v2.1", total_episodes=0)
    (source / "meta" / "episodes.jsonl").write_text("")
    with pytest.raises(ValueError, match=r"0 episodes of 0 steps .* info\.json is 0; missing: all;"):
        read_episodes(LeRobotInfo(source))


def test_an_episode_that_is_listed_twice_is_refused(tmp_path: Path) -> None:
    source = make(tmp_path / "source", version="v2.1")
    table = source / "meta" / "episodes.jsonl"
    table.write_text(table.read_text() * 2)
    with pytest.raises(ValueError, match="episode 0 is listed 2 times; allowed: once"):
        read_episodes(LeRobotInfo(source))


def test_two_episodes_with_the_same_pictures_are_refused(tmp_path: Path) -> None:
    source = make(tmp_path / "two", version="v2.1", video_path=f"videos/chunk-000/{CAMERA}/episode_000000.mp4")
    with pytest.raises(ValueError, match=r"episode 0 has 31 steps from 0.0 s, and episode 1 begins at 0.0 s; allowed"):
        read_episodes(LeRobotInfo(source))
    source = make(tmp_path / "three")
    start = {f"videos/{CAMERA}/from_timestamp": [0.0, 1.0]}
    write_episodes(source / "meta", 20, list(LENGTHS), **start)
    with pytest.raises(ValueError, match=r"episode 0 has 31 steps from 0.0 s, and episode 1 begins at 1.0 s; allowed"):
        read_episodes(LeRobotInfo(source))


def test_a_span_too_short_for_its_steps_is_refused(tmp_path: Path) -> None:
    source = make(tmp_path / "source")
    write_episodes(source / "meta", 20, [31, 20])
    with pytest.raises(
        ValueError, match=r"episode 1: from_timestamp 1.55 to to_timestamp 2.55 is too short for 24 steps"
    ):
        read_episodes(LeRobotInfo(source))


def test_an_episode_without_the_cameras_video_is_refused(tmp_path: Path) -> None:
    source = make(tmp_path / "source")
    write_episodes(source / "meta", 20, list(LENGTHS), **{f"videos/{CAMERA}/file_index": [3, None]})
    with pytest.raises(ValueError, match=rf"episode 1 has no video of camera '{CAMERA}'"):
        read_episodes(LeRobotInfo(source))


def test_a_table_without_a_column_is_refused(tmp_path: Path) -> None:
    source = make(tmp_path / "source")
    table = next((source / "meta" / "episodes").rglob("*.parquet"))
    pq.write_table(pq.read_table(table).drop_columns(["data/file_index"]), table)
    with pytest.raises(ValueError, match=r"file-000\.parquet: no column 'data/file_index'; allowed"):
        read_episodes(LeRobotInfo(source))
