import io
import json
import logging
import shutil
import tarfile
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from upath import UPath

from padzoo.core.trajectory import Trajectory
from padzoo.datamodules import Demonstrations
from padzoo.datamodules.sets.manifest import Shard
from padzoo.datamodules.sets.shard_set import OnDamage, ShardSet


def test_gives_any_trajectory_at_once(shards: Path, trajectories: list[Trajectory]) -> None:
    found, streamed = ShardSet(shards), [record.decode() for record in ShardSet(shards).stream()]
    assert len(found) == len(found.keys) == 24
    for row in (17, 0, 23, -1):
        assert found[row].key == trajectories[row].key
        np.testing.assert_array_equal(found[row].frames, streamed[row].frames)
    assert [trajectory.key for trajectory in found[3:5]] == ["pattern-003", "pattern-004"]
    assert found.rows["pattern-021"] == 21
    assert list(found.summaries()) == [trajectory.summary for trajectory in trajectories]


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
        len(ShardSet(copy))


def test_names_a_flipped_bit(shards: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(shards, tmp_path / "copy"))
    with tarfile.open(copy / "000001.tar") as tar:
        place = tar.getmember("pattern-005.json").offset_data
    data = bytearray((copy / "000001.tar").read_bytes())
    data[place] ^= 1
    (copy / "000001.tar").write_bytes(data)
    found = ShardSet(copy)
    for read_it in (lambda: found[5], lambda: list(found.summaries())):
        with pytest.raises(ValueError, match=r"000001\.tar: damaged member 'pattern-005\.json'"):
            read_it()


def test_names_a_shard_that_is_no_tar(shards: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(shards, tmp_path / "copy"))
    size = (copy / "000003.tar").stat().st_size
    (copy / "000003.tar").write_bytes(b"x" * size)
    with pytest.raises(ValueError, match=r"000003\.tar: damaged tar file"):
        len(ShardSet(copy))


def keys(folder: Path, on_damage: OnDamage) -> list[str]:
    return [record.key for record in ShardSet(folder).stream(on_damage=on_damage)]


@pytest.fixture
def damaged(shards: Path, tmp_path: Path) -> Path:
    """A bit of trajectory 5's actions is flipped in shard 1; shard 3 ends in its third trajectory."""
    copy = Path(shutil.copytree(shards, tmp_path / "damaged", ignore=shutil.ignore_patterns("decoded-*", ".*")))
    flipped = bytearray((copy / "000001.tar").read_bytes())
    flipped[flipped.index(b"pattern-005.actions.npy") + 512 + 200] ^= 1
    (copy / "000001.tar").write_bytes(flipped)
    cut = bytearray((copy / "000003.tar").read_bytes())
    place = cut.index(b"pattern-014.offsets.npy")
    cut[place:] = b"\x01" * (len(cut) - place)  # of the same size, so that the manifest does not tell at once
    (copy / "000003.tar").write_bytes(cut)
    return copy


def test_streams_every_trajectory_in_order(shards: Path) -> None:
    assert keys(shards, "stop") == [f"pattern-{index:03d}" for index in range(24)]
    some = [record.key for record in ShardSet(shards).stream([4, 1])]
    assert some == [f"pattern-{index:03d}" for index in (16, 17, 18, 19, 4, 5, 6, 7)]


def test_stops_at_the_first_damage_and_names_it(damaged: Path) -> None:
    message = r"000001.tar: damaged member 'pattern-005.actions.npy'; its sha256 is not the one in index.json"
    with pytest.raises(ValueError, match=message):
        keys(damaged, "stop")


def test_skips_what_is_damaged_and_counts(damaged: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        found = keys(damaged, "skip")
    assert found == [f"pattern-{index:03d}" for index in range(24) if index not in (5, 14, 15)]
    assert [record.getMessage().partition(":")[0] for record in caplog.records] == [
        f"skipped, {count} so far" for count in (1, 2, 3)
    ]
    assert "000003.tar: no trajectory 'pattern-015', which index.json lists" in caplog.messages[2]
    assert [file.whole()[-1] for file in ShardSet(damaged).files[:4]] == [f"pattern-{n:03d}" for n in (3, 7, 11, 13)]


def test_a_trajectory_that_is_in_a_shard_twice_is_read_once(shards: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(shards, tmp_path / "copy", ignore=shutil.ignore_patterns("decoded-*", ".*")))
    with tarfile.open(copy / "000001.tar") as tar:
        members = [(info, tar.extractfile(info).read()) for info in tar.getmembers()]  # type: ignore[union-attr]
    with tarfile.open(copy / "000001.tar", "w") as tar:
        for info, data in members[:5] + members:
            tar.addfile(info, io.BytesIO(data))
    index = json.loads((copy / "index.json").read_text())
    index["shards"][1]["bytes"] = (copy / "000001.tar").stat().st_size
    (copy / "index.json").write_text(json.dumps(index))
    assert keys(copy, "skip") == [f"pattern-{index:03d}" for index in range(24)]
    with pytest.raises(ValueError, match=r"trajectory 'pattern-004': members are missing, or in it twice"):
        keys(copy, "stop")


def test_what_has_changed_since_it_was_compared_is_compared_again(
    shards: Path, damaged: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = Path(shutil.copytree(shards, tmp_path / "copy", ignore=shutil.ignore_patterns("decoded-*", ".*")))
    hashed: list[str] = []
    check = Shard.check

    def count(self: Shard, member: str, data: bytes, path: UPath) -> None:
        hashed.append(member)
        check(self, member, data, path)

    monkeypatch.setattr(Shard, "check", count)
    found = ShardSet(copy)
    first = [record.members() for record in found.stream()]
    assert len(hashed) == 5 * 24
    assert [record.members() for record in found.stream()] == first
    assert len(hashed) == 5 * 24
    shutil.copyfile(damaged / "000001.tar", copy / "000001.tar")
    with pytest.raises(ValueError, match=r"damaged member 'pattern-005\.actions\.npy'"):
        list(found.stream())


@pytest.mark.parametrize("cache", [False, True])
def test_a_stream_that_skips_resumes_exactly(
    damaged: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: bool
) -> None:
    def stream(consumed: int) -> list[np.ndarray]:
        monkeypatch.setattr(Demonstrations, "consumed", lambda self: consumed)
        where = {"cache": True, "cache_dir": str(tmp_path)} if cache else {}
        data = Demonstrations(str(damaged), batch_size=4, workers=0, shuffle=8, damaged="skip", **where)
        batches = iter(data.train_dataloader())
        return [next(batches)["actions"].numpy() for _ in range(40 - consumed)]

    for there, here in zip(stream(25), stream(0)[25:], strict=True):
        np.testing.assert_array_equal(there, here)


@pytest.mark.parametrize("given", [{}, {"cache": True}, {"val_fraction": 0.0}, {"val": True}])
def test_training_on_what_is_whole_does_without_a_shard(shards: Path, tmp_path: Path, given: dict[str, Any]) -> None:
    cut = Path(shutil.copytree(shards, tmp_path / "cut"))
    (cut / "000003.tar").unlink()
    given = given | ({"val": str(shards)} if "val" in given else {})
    data = Demonstrations(str(cut), batch_size=4, workers=0, shuffle=8, damaged="skip", **given)
    data.prepare_data()
    data.setup("fit")
    assert len(list(islice(data.train_dataloader(), 8))) == 8
    assert data.reading()["data.damaged"] == "skip"
    with pytest.raises(ValueError, match=r"000003\.tar: the shard is missing"):
        Demonstrations(str(cut), workers=0).setup("fit")


def test_what_was_left_out_is_said_each_time_and_read_again_once_it_is_whole(
    shards: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cut = Path(shutil.copytree(shards, tmp_path / "cut"))
    whole = (cut / "000002.tar").read_bytes()
    (cut / "000002.tar").write_bytes(whole[: len(whole) // 2])
    (cut / "000004.tar").unlink()
    for _ in range(2):
        caplog.clear()
        decoded = ShardSet(cut, sizes=False).decoded(str(tmp_path / "cache"), "skip")
        lost = len(trajectory_keys(shards)) - len(decoded.spans)
        assert lost >= 5
        assert f"{lost} damaged trajectories are left out; padzoo verify lists them" in caplog.text
    (cut / "000002.tar").write_bytes(whole)
    assert len(ShardSet(cut, sizes=False).decoded(str(tmp_path / "cache"), "skip").spans) > len(decoded.spans)


def trajectory_keys(folder: Path) -> tuple[str, ...]:
    return ShardSet(folder).keys


@pytest.mark.parametrize("cache", [False, True])
def test_by_default_training_stops_at_damage(damaged: Path, cache: bool) -> None:
    data = Demonstrations(str(damaged), batch_size=4, workers=0, shuffle=8, cache=cache)
    with pytest.raises(ValueError, match=r"00000[13].tar: (damaged member|trajectory)"):  # noqa: PT012
        batches = iter(data.train_dataloader())
        for _ in range(40):
            next(batches)
    assert not list(damaged.glob("decoded-*"))
