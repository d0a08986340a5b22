import logging
import shutil
from pathlib import Path

import numpy as np
import pytest
from upath import UPath

from padzoo.datamodules import Demonstrations
from padzoo.datamodules.sets.manifest import Manifest, Shard
from padzoo.datamodules.sets.shard_reader import ShardReader


def keys(folder: Path, skip_damaged: bool) -> list[str]:
    manifest = Manifest.load(folder)
    return [sample["__key__"] for sample in ShardReader(manifest, skip_damaged).samples(manifest.paths)]


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


def test_reads_every_trajectory_in_order(shards: Path) -> None:
    assert keys(shards, skip_damaged=False) == [f"pattern-{index:03d}" for index in range(24)]


def test_stops_at_the_first_damage_and_names_it(damaged: Path) -> None:
    message = r"000001.tar: damaged member 'pattern-005.actions.npy'; its sha256 is not the one in index.json"
    with pytest.raises(ValueError, match=message):
        keys(damaged, skip_damaged=False)


def test_skips_what_is_damaged_and_counts(damaged: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        found = keys(damaged, skip_damaged=True)
    assert found == [f"pattern-{index:03d}" for index in range(24) if index not in (5, 14, 15)]
    assert [record.getMessage().partition(":")[0] for record in caplog.records] == [
        f"skipped, {count} so far" for count in (1, 2, 3)
    ]
    assert "000003.tar: no trajectory 'pattern-015', which index.json lists" in caplog.messages[2]


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
    manifest = Manifest.load(copy)
    reader = ShardReader(manifest)
    first = list(reader.samples(manifest.paths))
    members = len(hashed)
    assert members == 5 * 24
    assert list(reader.samples(manifest.paths)) == first
    assert len(hashed) == members
    shutil.copyfile(damaged / "000001.tar", copy / "000001.tar")
    with pytest.raises(ValueError, match=r"damaged member 'pattern-005\.actions\.npy'"):
        list(reader.samples(manifest.paths))


@pytest.mark.parametrize("cache", [False, True])
def test_a_stream_that_skips_goes_on_exactly(damaged: Path, tmp_path: Path, cache: bool) -> None:
    def stream(consumed: int) -> list[np.ndarray]:
        data = Demonstrations(
            str(damaged), batch_size=4, workers=0, shuffle=8, damaged="skip", cache=cache, cache_dir=str(tmp_path)
        )
        loader = data.train_dataloader()
        loader._consumed = lambda: consumed  # type: ignore[attr-defined]
        batches = iter(loader)
        return [next(batches)["actions"].numpy() for _ in range(40 - consumed)]

    for there, here in zip(stream(25), stream(0)[25:], strict=True):
        np.testing.assert_array_equal(there, here)


@pytest.mark.parametrize("cache", [False, True])
def test_by_default_training_stops_at_damage(damaged: Path, cache: bool) -> None:
    data = Demonstrations(str(damaged), batch_size=4, workers=0, shuffle=8, cache=cache)
    with pytest.raises(ValueError, match=r"00000[13].tar: (damaged member|trajectory)"):  # noqa: PT012
        batches = iter(data.train_dataloader())
        for _ in range(40):
            next(batches)
    assert not list(damaged.glob("decoded-*"))
