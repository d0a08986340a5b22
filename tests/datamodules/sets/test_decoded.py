import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest
from upath import UPath

from padzoo.datamodules.sets.shard_set import ShardSet


def test_holds_the_pixels_and_actions_of_the_shards(shards: Path, tmp_path: Path) -> None:
    found, decoded = ShardSet(shards), ShardSet(shards).decoded(str(tmp_path))
    assert tuple(decoded.spans) == found.keys
    for trajectory in found:
        start, stop = decoded.spans[trajectory.key]
        np.testing.assert_array_equal(decoded.frames[start:stop], trajectory.frames)
        np.testing.assert_array_equal(decoded.actions[start:stop], trajectory.actions)


def test_is_mapped_not_loaded_and_not_copied_to_workers(shards: Path, tmp_path: Path) -> None:
    decoded = ShardSet(shards).decoded(str(tmp_path))
    assert isinstance(decoded.frames, np.memmap)
    pickled = pickle.dumps(decoded)
    assert len(pickled) < 1000
    np.testing.assert_array_equal(pickle.loads(pickled).frames[7], decoded.frames[7])


def test_is_made_once(shards: Path, tmp_path: Path) -> None:
    first = ShardSet(shards).decoded(str(tmp_path)).folder
    made = first.stat().st_mtime_ns
    assert ShardSet(shards).decoded(str(tmp_path)).folder == first
    assert first.stat().st_mtime_ns == made
    assert [path.name for path in tmp_path.iterdir() if not path.name.endswith(".lock")] == [first.name]


def test_lies_beside_its_shards_unless_told_otherwise(shards: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(shards, tmp_path / "copy", ignore=shutil.ignore_patterns("decoded-*", ".*")))
    assert ShardSet(copy).decoded().folder.parent == copy


def test_of_a_remote_set_lies_in_the_cache(shards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PADZOO_CACHE", str(tmp_path))
    for path in shards.glob("[!.d]*"):
        UPath(f"memory://decoded/{path.name}").write_bytes(path.read_bytes())
    assert ShardSet("memory://decoded").decoded().folder.parent == tmp_path


def test_a_folder_that_cannot_be_written_is_named(shards: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ValueError, match=r"allowed: with data.cache_dir, a folder to write to"):
        ShardSet(shards).decoded(str(tmp_path / "file"))
