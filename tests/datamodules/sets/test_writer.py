import subprocess
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
import webdataset as wds

from padzoo.core import codec
from padzoo.core.trajectory import Trajectory
from padzoo.datamodules.sets.manifest import Manifest
from padzoo.datamodules.sets.shard_set import ShardSet
from padzoo.datamodules.sets.writer import ShardWriter


def test_reads_back_what_was_written(shards: Path, trajectories: list[Trajectory]) -> None:
    found = list(ShardSet(shards))
    assert [trajectory.key for trajectory in found] == [trajectory.key for trajectory in trajectories]
    for one, other in zip(found, trajectories, strict=True):
        np.testing.assert_array_equal(one.frames, codec.roundtrip(other.frames))
        np.testing.assert_array_equal(one.actions, other.actions)
        np.testing.assert_array_equal(one.positions, other.positions)
        assert one.meta == other.meta


def test_the_same_trajectories_give_the_same_bytes(shards: Path, tmp_path: Path) -> None:
    with ShardWriter(tmp_path / "again", source={"made": "for tests"}, trajectories_per_shard=4) as writer:
        for record in ShardSet(shards).stream():
            writer.write(record)
    assert Manifest.load(tmp_path / "again").fingerprint == Manifest.load(shards).fingerprint


def test_a_filtered_set_keeps_its_frames_bit_for_bit(shards: Path, tmp_path: Path) -> None:
    with ShardWriter(tmp_path / "best", source={}) as writer:
        for record in list(ShardSet(shards).stream())[:5]:
            writer.write(replace(record, meta=record.meta | {"reward": 0.5}))
    for one, other in zip(ShardSet(tmp_path / "best"), ShardSet(shards), strict=False):
        np.testing.assert_array_equal(one.frames, other.frames)
        assert one.meta["reward"] == 0.5
    assert Manifest.load(tmp_path / "best").samples == 5


def test_plain_tar_opens_a_shard_and_a_video_player_its_frames(
    shards: Path, tmp_path: Path, trajectories: list[Trajectory]
) -> None:
    subprocess.run(["tar", "xf", shards / "000000.tar", "-C", tmp_path], check=True)
    with av.open(tmp_path / "pattern-000.mjpeg", format="mjpeg") as film:
        pictures = np.stack([picture.to_ndarray(format="rgb24") for picture in film.decode(video=0)])
    assert pictures.shape == trajectories[0].frames.shape
    assert np.abs(pictures.astype(int) - trajectories[0].frames).mean() < 2
    assert np.load(tmp_path / "pattern-000.actions.npy", allow_pickle=False).dtype == np.int8


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # by WebDataset's own opener
def test_webdataset_reads_a_set(shards: Path, trajectories: list[Trajectory]) -> None:
    paths = [str(path) for path in Manifest.load(shards).paths]
    samples = list(wds.WebDataset(paths, shardshuffle=False, empty_check=False))
    assert [sample["__key__"] for sample in samples] == [trajectory.key for trajectory in trajectories]
    for sample, record in zip(samples, ShardSet(shards).stream(), strict=True):
        assert {kind: data for kind, data in sample.items() if "__" not in kind} == record.members()


def test_attached_files_come_with_the_set(trajectories: list[Trajectory], tmp_path: Path) -> None:
    with ShardWriter(tmp_path / "set", source={}) as writer:
        writer.write(trajectories[1])
        writer.attach("outcomes.json", "{}\n")
        assert writer.outcomes == {"left": 1}
    assert (tmp_path / "set" / "outcomes.json").read_text() == "{}\n"
    assert [trajectory.key for trajectory in ShardSet(tmp_path / "set")] == ["pattern-001"]


def store(out: Path, items: list[Trajectory]) -> None:
    with ShardWriter(out, source={}) as writer:
        for item in items:
            writer.write(item)


def interrupted(out: Path, trajectories: list[Trajectory]) -> None:
    with ShardWriter(out, source={}, trajectories_per_shard=1) as writer:
        for trajectory in trajectories[:3]:
            writer.write(trajectory)
        raise KeyboardInterrupt


def test_an_interrupted_writer_leaves_nothing(trajectories: list[Trajectory], tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        interrupted(tmp_path / "set", trajectories)
    assert list(tmp_path.iterdir()) == []


def test_a_killed_writers_rest_is_swept_by_the_next(trajectories: list[Trajectory], tmp_path: Path) -> None:
    (tmp_path / ".set.partial").mkdir()
    (tmp_path / ".set.partial" / "000000.tar").write_bytes(b"half")
    with ShardWriter(tmp_path / "set", source={}) as writer:
        writer.write(trajectories[0])
    assert [path.name for path in tmp_path.iterdir()] == ["set"]


@pytest.mark.parametrize("exists", [False, True])
def test_a_writer_that_resumes_keeps_its_shards_also_when_its_end_fails(
    exists: bool, trajectories: list[Trajectory], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "set"
    if exists:
        out.mkdir()
    monkeypatch.setattr("padzoo.datamodules.sets.writer.Index.dump", lambda _: 1 / 0)
    begun = ShardWriter(out, source={}, trajectories_per_shard=1, resume=True)
    with pytest.raises(ZeroDivisionError), begun as writer:
        writer.write(trajectories[0])
    monkeypatch.undo()
    with ShardWriter(out, source={}, trajectories_per_shard=1, resume=True) as writer:
        assert writer.keys == {"pattern-000"}
    assert sorted(path.name for path in out.iterdir()) == ["000000.tar", "index.json"]


def test_a_shard_that_a_power_cut_spoilt_is_not_taken_for_a_whole_one(
    trajectories: list[Trajectory], tmp_path: Path
) -> None:
    def cut_off() -> None:
        with ShardWriter(tmp_path / "set", source={"size": (64, 64)}, trajectories_per_shard=1, resume=True) as writer:
            writer.write(trajectories[0])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cut_off()
    shard = tmp_path / ".set.partial" / "000000.tar"
    whole = shard.read_bytes()
    shard.write_bytes(whole[:-512])
    again = ShardWriter(tmp_path / "set", source={"size": (64, 64)}, trajectories_per_shard=1, resume=True)
    with pytest.raises(ValueError, match=r"000000\.tar: is not as it was written; allowed: to delete"), again:
        pass
    shard.write_bytes(whole)
    with ShardWriter(tmp_path / "set", source={"size": (64, 64)}, trajectories_per_shard=1, resume=True) as writer:
        assert writer.keys == {"pattern-000"}


def test_what_a_writer_that_does_not_resume_left_is_no_part_of_one_that_does(
    trajectories: list[Trajectory], tmp_path: Path
) -> None:
    (tmp_path / ".set.partial").mkdir()
    for name in ("000000.tar", "000001.tar", "outcomes.json"):
        (tmp_path / ".set.partial" / name).write_bytes(b"half")
    with ShardWriter(tmp_path / "set", source={"folder": Path("x")}, resume=True) as writer:
        writer.write(trajectories[0])
    assert sorted(path.name for path in (tmp_path / "set").iterdir()) == ["000000.tar", "index.json"]
    assert Manifest.load(tmp_path / "set").source == {"folder": "x"}


def test_an_existing_folder_is_refused_and_an_empty_one_filled(trajectories: list[Trajectory], tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ValueError, match="already exists; allowed: a new or an empty folder"):
        ShardWriter(tmp_path, source={})
    (tmp_path / "empty").mkdir()
    with ShardWriter(tmp_path / "empty", source={}) as writer:
        writer.write(trajectories[0])
    assert Manifest.load(tmp_path / "empty").samples == 1


def test_a_writer_refuses_what_does_not_belong(trajectories: list[Trajectory], tmp_path: Path) -> None:
    known = trajectories[0]
    small = Trajectory("small", known.frames[:, :32, :32].copy(), known.actions, None, {})
    for item, message in ((known, "'pattern-000' was already written"), (small, r"'small' has frames \(32, 32\)")):
        with pytest.raises(ValueError, match=message):
            store(tmp_path / "set", [known, item])
    with pytest.raises(ValueError, match="no trajectory was written"):
        store(tmp_path / "set", [])
    assert list(tmp_path.iterdir()) == []
