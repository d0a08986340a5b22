from pathlib import Path

import numpy as np
import pytest
from micro import fit, padzoo

from padzoo.core.gamepad import NEUTRAL
from padzoo.core.trajectory import Trajectory
from padzoo.datamodules.importers.bleeding_edge import BleedingEdge
from padzoo.datamodules.sets.shard_set import ShardSet


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    """Ten clips of 40 steps."""
    folder = tmp_path / "clips"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in range(10):
        actions = np.tile(np.asarray(NEUTRAL, dtype=np.float32), (40, 1))
        actions[:, 12] = rng.integers(0, 11, 40)
        images = rng.integers(0, 256, (40, 180, 300, 3), dtype=np.uint8)
        np.savez(folder / f"FB{number}.npz", images=images, actions=actions, states=np.zeros((40, 56)))
    return folder


def test_clips_can_be_trained_on(clips: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "shards"
    assert padzoo("import", "bleeding-edge", clips, "--out", out, "--size", 64) == 0
    assert f"10 trajectories in {out}" in capsys.readouterr().out
    assert ShardSet(out).keys == tuple(f"fb{number}" for number in range(10))
    assert fit("policy", "prefft", tmp_path / "policy", "--data.train", out).is_file()


def test_an_import_that_was_cut_off_goes_on(
    clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, out = tmp_path / "whole", tmp_path / "shards"
    assert padzoo("import", "bleeding-edge", clips, "--out", whole, "--size", 64) == 0
    read: list[str] = []
    original = BleedingEdge.read

    def fail_at_eight(self: BleedingEdge, key: str) -> Trajectory:
        read.append(key)
        if len(read) == 8:
            raise KeyboardInterrupt
        return original(self, key)

    monkeypatch.setattr(BleedingEdge, "read", fail_at_eight)
    command = ["import", "bleeding-edge", clips, "--out", out]
    assert padzoo(*command, "--size", 64) == 130
    assert not out.exists()
    assert padzoo(*command, "--size", 128) == 2
    assert "was begun with" in capsys.readouterr().err
    clips.rename(tmp_path / "moved")
    assert padzoo("import", "bleeding-edge", tmp_path / "moved", "--out", out, "--size", 64) == 2
    assert "moved'}; allowed: the same again, or to delete" in capsys.readouterr().err
    (tmp_path / "moved").rename(clips)
    assert padzoo(*command, "--size", 64) == 0
    assert read == [f"fb{number}" for number in (0, 1, 2, 3, 4, 5, 6, 7, 4, 5, 6, 7, 8, 9)]  # a shard of four was whole
    assert {path.name: path.read_bytes() for path in out.iterdir()} == {
        path.name: path.read_bytes() for path in whole.iterdir()
    }
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clips", "shards", "whole"]


def test_other_recordings_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert padzoo("import", "minecraft", tmp_path, "--out", tmp_path / "shards") == 2
    assert "importer 'minecraft': not known; allowed: bleeding-edge, lerobot, or" in capsys.readouterr().err


def test_an_importers_own_options_are_its_constructors(
    clips: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments, has_camera in ((["--help"], False), (["bleeding-edge", "--help"], False), (["lerobot", "-h"], True)):
        with pytest.raises(SystemExit):
            padzoo("import", *arguments)
        assert ("--camera" in capsys.readouterr().out) == has_camera
    assert padzoo("import", "bleeding-edge", clips, "--out", tmp_path / "shards", "--camera", "front") == 2
    assert "--camera" in capsys.readouterr().err
    assert padzoo("import", "--out", tmp_path / "shards", "bleeding-edge", clips) == 2
    assert "allowed: padzoo import SOURCE FOLDER [OPTIONS]" in capsys.readouterr().err
    assert padzoo("import", "bleeding-edge", clips, "--out", tmp_path / "shards", "--size", 32, "--sticks", "unit") == 2
    assert "(--sticks unit)" in capsys.readouterr().err
    assert padzoo("import", "bleeding-edge", clips, "--out", tmp_path / "small", "--size", 32) == 0
    expected = {"command": "import", "source": "bleeding-edge", "size": 32, "sticks": "buckets"}
    assert ShardSet(tmp_path / "small").manifest.source == expected
