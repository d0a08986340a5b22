import io
import json
import shutil
import tarfile
from pathlib import Path

import numpy as np
import pytest

from padzoo.core.trajectory import Trajectory
from padzoo.datamodules.sets.archive import Archive
from padzoo.datamodules.sets.shards import read


def test_gives_any_trajectory_at_once(shards: Path, trajectories: list[Trajectory]) -> None:
    archive, streamed = Archive(shards), list(read(shards))
    assert len(archive) == len(archive.keys) == 24
    for row in (17, 0, 23, -1):
        assert archive[row].key == trajectories[row].key
        np.testing.assert_array_equal(archive[row].frames, streamed[row].frames)
    assert [trajectory.key for trajectory in archive[3:5]] == ["pattern-003", "pattern-004"]
    assert archive.rows["pattern-021"] == 21
    assert list(archive.summaries()) == [trajectory.summary for trajectory in trajectories]


def repack(shard: Path, change: str) -> None:
    """Rewrites a shard with one member more or less, and makes the manifest agree about its size."""
    with tarfile.open(shard) as tar:
        members = [(member, tar.extractfile(member)) for member in tar.getmembers()]
        kept = [(info, file.read()) for info, file in members if file and info.name != change]
    if len(kept) == len(members):
        kept.append((tarfile.TarInfo(change), b""))
    with tarfile.open(shard, "w") as tar:
        for info, data in kept:
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    index = shard.with_name("index.json")
    found = json.loads(index.read_text())
    for entry in found["shards"]:
        entry["bytes"] = (shard.with_name(entry["name"])).stat().st_size
    index.write_text(json.dumps(found))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("../escape.json", r"000001\.tar: foreign member '\.\./escape\.json'"),
        ("pattern-004.pickle", "foreign member 'pattern-004.pickle'"),
        ("pattern-000.json", r"000001\.tar: foreign member 'pattern-000\.json'"),
        ("pattern-004.json", r"000001\.tar: no member 'pattern-004\.json', which index\.json lists"),
    ],
)
def test_refuses_foreign_members(shards: Path, tmp_path: Path, change: str, message: str) -> None:
    copy = Path(shutil.copytree(shards, tmp_path / "copy"))
    repack(copy / "000001.tar", change)
    with pytest.raises(ValueError, match=message):
        Archive(copy)


def test_names_a_flipped_bit(shards: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(shards, tmp_path / "copy"))
    with tarfile.open(copy / "000001.tar") as tar:
        place = tar.getmember("pattern-005.json").offset_data
    data = bytearray((copy / "000001.tar").read_bytes())
    data[place] ^= 1
    (copy / "000001.tar").write_bytes(data)
    archive = Archive(copy)
    for read_it in (lambda: archive[5], lambda: list(archive.summaries())):
        with pytest.raises(ValueError, match=r"000001\.tar: damaged member 'pattern-005\.json'"):
            read_it()


def test_names_a_shard_that_is_no_tar(shards: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(shards, tmp_path / "copy"))
    size = (copy / "000003.tar").stat().st_size
    (copy / "000003.tar").write_bytes(b"x" * size)
    with pytest.raises(ValueError, match=r"000003\.tar: damaged tar file"):
        Archive(copy)
