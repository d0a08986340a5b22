from pathlib import Path

import pytest
from micro import padzoo

from padzoo.datamodules.sets.shard_set import ShardSet

GAME = ["--size", 32, "--env_args", '{"max_steps": 8}', "--games", 2]


@pytest.mark.usefixtures("own_modules")
def test_a_player_of_ones_own_is_recorded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    player = ["--player", "player.Circler", "--episodes", 3, *GAME]
    assert padzoo("demos", *player, "--seed", 1, "--out", tmp_path / "circles") == 0
    archive = ShardSet(tmp_path / "circles")
    assert [trajectory.key for trajectory in archive] == [f"player-circler-1-{index:06d}" for index in range(3)]
    for trajectory in archive:
        assert trajectory.meta["player"] == "circler"
        assert trajectory.meta["character"] == "ninja"  # the game's usual start
        assert (trajectory.actions[:, 14] == 2).all()
    capsys.readouterr()
    assert padzoo("demos", *player, "--pad", "left", "--out", tmp_path / "other") == 2
    assert "--pad left: player 'player.Circler' has no such setting" in capsys.readouterr().err


@pytest.mark.usefixtures("own_modules")
def test_a_player_that_is_not_there_is_said_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, message in (("curate", "did you mean 'curated'?"), ("player.Walker", "module player has no 'Walker'")):
        assert padzoo("demos", "--player", name, "--episodes", 1, "--out", tmp_path / "none") == 2
        assert message in capsys.readouterr().err
    assert not (tmp_path / "none").exists()
