import random
import shutil
import tarfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from upath import UPath

from padzoo.datamodules.sets.manifest import Manifest
from padzoo.datamodules.sets.shard_file import ShardFile
from padzoo.datamodules.sets.shard_set import ShardSet


def complaints(folder: Path) -> list[str]:
    return [complaint for found in ShardSet(folder).verify() for complaint in found]


def test_a_whole_set_has_no_complaints(shards: Path) -> None:
    assert complaints(shards) == []


def test_bytes_that_belong_to_no_member_count_too(shards: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(shards, tmp_path / "copy"))
    data = bytearray((copy / "000002.tar").read_bytes())
    data[-1] = 1
    (copy / "000002.tar").write_bytes(data)
    assert complaints(copy) == [
        f"{copy}/000002.tar: damaged tar file (bytes between its members; the trajectories are whole)"
    ]


def flip(data: bytearray, rng: random.Random) -> None:
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def cut(data: bytearray, rng: random.Random) -> None:
    place = rng.randrange(len(data))
    data[place:] = bytes(len(data) - place)  # of the same size, so that the manifest does not tell at once


def swap(data: bytearray, rng: random.Random) -> None:
    one, other = rng.sample(range(len(data) // 512), 2)
    for place in range(512):
        a, b = 512 * one + place, 512 * other + place
        data[a], data[b] = data[b], data[a]


def poison(data: bytearray, rng: random.Random) -> None:
    pickled = b"cos\nsystem\n(S'touch poisoned'\ntR."
    place = rng.randrange(len(data) - len(pickled))
    data[place : place + len(pickled)] = pickled


@pytest.mark.parametrize("damage", [flip, cut, swap, poison])
def test_damage_is_named_or_harmless_but_never_passed_on(
    shards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: Callable[[bytearray, random.Random], None]
) -> None:
    monkeypatch.chdir(tmp_path)
    copy = Path(shutil.copytree(shards, tmp_path / "copy"))
    path, shard = copy / "000000.tar", Manifest.load(shards).shards[0]
    good = path.read_bytes()
    with tarfile.open(path) as tar:
        written = {member.name: tar.extractfile(member).read() for member in tar.getmembers()}  # type: ignore[union-attr]
    rng = random.Random(0)
    named = 0
    for _ in range(60):
        data = bytearray(good)
        damage(data, rng)
        path.write_bytes(data)
        read: dict[str, bytes] = {}
        for sample in ShardFile(UPath(path), shard).read():
            if not isinstance(sample, ValueError):
                read |= {f"{sample[0]}.{kind}": value for kind, value in sample[1].items()}
        assert all(written[name] == value for name, value in read.items())
        with suppress(ValueError):
            assert len(ShardSet(copy)[:4]) == 4
        found = complaints(copy)
        assert bool(found) == (data != good)
        assert all(str(path) in complaint for complaint in found)
        named += read != written
    assert named > 20
    assert not (tmp_path / "poisoned").exists()
