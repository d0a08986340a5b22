from pathlib import Path

import pytest
from micro import padzoo

from datamodules.archive import Archive


def test_curated_runs_reach_the_pad_that_was_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--episodes", 2, "--pad", "left", "--spawn", 1, "--size", 64, "--games", 2, "--seed", 3]
    assert padzoo("demos", "--player", "curated", *options, "--out", tmp_path / "set") == 0
    archive = Archive(tmp_path / "set")
    assert archive.keys == ("curated-3-000000", "curated-3-000001")
    for trajectory in archive:
        assert trajectory.frames.shape[1:] == (64, 64, 3)
        assert trajectory.positions is not None
        meta = trajectory.meta
        assert (meta["outcome"], meta["pad"], meta["spawn"], meta["character"]) == ("left", "left", 1, "ninja")
    assert archive.manifest.source["command"] == "demos"
    assert archive.manifest.source["seed"] == 3
    assert [path.name for path in tmp_path.iterdir()] == ["set"]
    assert "2 trajectories in" in " ".join(capsys.readouterr().out.split())


def test_the_population_has_characters_and_the_seed_decides_what_is_recorded(tmp_path: Path) -> None:
    for name, seed, games in (("one", 4, 3), ("again", 4, 2), ("other", 5, 2)):
        options = ["--episodes", 3, "--size", 64, "--games", games, "--seed", seed]
        assert padzoo("demos", "--player", "population", *options, "--out", tmp_path / name) == 0
    shards = [(tmp_path / name / "000000.tar").read_bytes() for name in ("one", "again", "other")]
    assert shards[0] == shards[1]
    assert shards[0] != shards[2]
    assert len({trajectory.meta["character"] for trajectory in Archive(tmp_path / "one")}) > 1
