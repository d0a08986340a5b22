import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from micro import padzoo

from padzoo.datamodules.sets.shard_set import ShardSet


def test_curated_runs_reach_the_pad_that_was_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--episodes", 2, "--pad", "left", "--spawn", 1, "--size", 64, "--games", 2, "--seed", 3]
    assert padzoo("demos", "--player", "curated", *options, "--out", tmp_path / "set") == 0
    archive = ShardSet(tmp_path / "set")
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
        options = ["--episodes", 3, "--length", 50, "--size", 64, "--games", games, "--seed", seed]
        assert padzoo("demos", "--player", "population", *options, "--out", tmp_path / name) == 0
    shards = [(tmp_path / name / "000000.tar").read_bytes() for name in ("one", "again", "other")]
    assert shards[0] == shards[1]
    assert shards[0] != shards[2]
    recorded = ShardSet(tmp_path / "one")
    assert len({trajectory.meta["character"] for trajectory in recorded}) > 1
    assert [len(trajectory) for trajectory in recorded] == [50] * 3
    assert all("spawn" not in trajectory.meta for trajectory in recorded)
    assert recorded.manifest.source["length"] == 50


def test_what_is_recorded_says_how_much_of_the_island_it_has_seen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for player, told in (("population", "visits to the pads"), ("runners", "outcome")):
        options = ["--player", player, "--episodes", 1, "--size", 16, "--games", 1, "--pad", "middle"]
        assert padzoo("demos", *options, "--out", tmp_path / player) == 0
        printed = " ".join(capsys.readouterr().out.split())
        assert told in printed
        assert "(place, heading) cells seen 5 times or more in " in printed


def test_only_the_population_has_a_length(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--episodes", 1, "--length", 50, "--out", tmp_path / "set"]
    for player, told in (
        ("curated", "--length 50: player 'curated' has no such setting"),
        ("human", "--length 50: allowed with scripted players only, not human"),
    ):
        assert padzoo("demos", "--player", player, *options) == 2
        assert told in capsys.readouterr().err
    conflict = ["--env_args", '{"max_steps": 40}']
    assert padzoo("demos", "--player", "population", *options, *conflict) == 2
    assert "env_args max_steps 40: the player sets it; allowed: 50" in capsys.readouterr().err


def test_the_game_is_recorded_as_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--player", "curated", "--episodes", 1, "--size", 64, "--games", 1]
    for light in ("noon", "evening"):
        fixed = ["--env_args", json.dumps({"light": light, "sky": "day"})]
        assert padzoo("demos", *options, *fixed, "--out", tmp_path / light) == 0
    (noon,), (evening,) = ShardSet(tmp_path / "noon"), ShardSet(tmp_path / "evening")
    assert noon.frames[0].mean() > evening.frames[0].mean()
    assert ShardSet(tmp_path / "noon").manifest.source["env_args"]["light"] == "noon"
    assert padzoo("demos", *options, "--env_args", '{"light": "moon"}', "--out", tmp_path / "moon") == 2
    assert "'moon'" in capsys.readouterr().err
    for wrong, told in (
        ('{"lihgt": "noon"}', "it has no argument 'lihgt'"),
        ('{"size": 32}', "allowed: no size"),
        ('{"max_steps": [8]}', "env_args {'max_steps': [8], 'size': 64}: '<' not supported"),
        ('{"max_steps": 1}', "pad was not reached in 50 attempts; allowed: env_args with a max_steps that suffices"),
    ):
        assert padzoo("demos", *options, "--env_args", wrong, "--out", tmp_path / "wrong") == 2
        assert told in capsys.readouterr().err
    assert not (tmp_path / "wrong").exists()


def test_what_a_file_says_of_the_game_is_recorded_and_what_the_players_choose_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "isl.yaml").write_text("game: {id: padzoo/LaunchIsland-v0, args: {light: noon}}")
    options = ["--player", "curated", "--episodes", 1, "--size", 64, "--games", 1, "--env", tmp_path / "isl.yaml"]
    assert padzoo("demos", *options, "--out", tmp_path / "set") == 0
    source = ShardSet(tmp_path / "set").manifest.source
    assert (source["env"], source["env_args"]) == ("padzoo/LaunchIsland-v0", {"light": "noon"})
    (tmp_path / "isl.yaml").write_text("game: {id: padzoo/LaunchIsland-v0, options: {condition: turned}}")
    assert padzoo("demos", *options, "--out", tmp_path / "wrong") == 2
    assert "'turned'}: the players choose them; allowed: none, or a player of your own" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("player", "message"),
    [
        ("./x.Player", "player './x.Player': is no dotted path"),
        ("math.pi", "--player math.pi: is nothing to call"),
        (
            "players.Unseeded",
            "--player players.Unseeded: too many positional arguments; allowed: one that is made from",
        ),
        ("players.Wild", "player Wild: an action is outside the gamepad; allowed: 0 to below"),
        ("players.Half", r"player Half: acts float64 (1, 16); allowed: whole numbers (1, 16)"),
    ],
)
def test_a_player_that_is_none_is_one_line(
    player: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "players.py").write_text(PLAYERS)
    monkeypatch.syspath_prepend(str(tmp_path))
    options = ["--episodes", 1, "--size", 64, "--games", 1, "--env", "foreign_games:Habit-plain-v0"]
    assert padzoo("demos", "--player", player, *options, "--out", tmp_path / "set") == 2
    (line,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("padzoo: error:")]
    assert message in line
    assert not (tmp_path / "set").exists()


def test_our_players_play_our_game_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--episodes", 1, "--env", "foreign_games:Habit-plain-v0", "--out", tmp_path / "set"]
    assert padzoo("demos", "--player", "curated", *options) == 2
    assert capsys.readouterr().err == (
        "padzoo: error: --env foreign_games:Habit-plain-v0: player 'curated' plays padzoo/LaunchIsland-v0 only; "
        "allowed: a player of your own\n"
    )
    assert list(tmp_path.iterdir()) == []


PLAYERS = """
import numpy as np
from padzoo.core.gamepad import NEUTRAL
from padzoo.envs.player import Acted, Player
class Unseeded(Player):
    def __init__(self): pass
class Wild(Player):
    value = 11
    def __init__(self, seed): pass
    def reset(self, rows, episodes): pass
    def act(self, frames, rows, infos=()): return Acted(np.full((len(rows), 16), self.value))
class Half(Wild):
    value = 0.5
"""
SESSION = """
import itertools, os, pygame, signal, sys
from padzoo.envs.person import person
from padzoo.cli import main
person.PERIOD = 0.001
flip, shown = pygame.display.flip, itertools.count()
def press():
    flip()
    now = next(shown)
    if now == int(sys.argv[1]):
        os.killpg(0, signal.SIGKILL)  # the engine too: it holds on to the pipes
    pygame.event.post(pygame.event.Event(pygame.KEYDOWN if now % 2 else pygame.KEYUP, key=pygame.K_SPACE))
pygame.display.flip = press
sys.exit(main(["demos", "--player", "human", "--size", "64", "--pad", "left", *sys.argv[2:]]))
"""


def test_a_session_that_is_killed_keeps_every_finished_episode(tmp_path: Path) -> None:
    def sit_down(killed_at: int) -> subprocess.CompletedProcess[str]:
        options = ["--episodes", "3", "--out", str(tmp_path / "set"), "--seed", "5"]
        command = [sys.executable, "-c", SESSION, str(killed_at), *options]
        environment = os.environ | {"SDL_VIDEODRIVER": "dummy", "OMP_NUM_THREADS": "1"}
        return subprocess.run(command, env=environment, capture_output=True, text=True, start_new_session=True)

    assert sit_down(250).returncode == -signal.SIGKILL  # in the third episode: somebody who only jumps runs out of time
    assert sorted(path.name for path in (tmp_path / ".set.partial").glob("*.tar"))[:2] == ["000000.tar", "000001.tar"]
    done = (tmp_path / ".set.partial" / "000001.tar").read_bytes()
    again = sit_down(-1)
    assert again.returncode == 0, again.stderr
    assert "steps came more than 20 ms late" in again.stdout
    archive = ShardSet(tmp_path / "set")
    assert archive.keys == ("human-5-000000", "human-5-000001", "human-5-000002")
    assert (tmp_path / "set" / "000001.tar").read_bytes() == done
    assert [(t.meta["player"], t.meta["pad"], t.meta["outcome"]) for t in archive] == [("human", "left", "none")] * 3
    assert len({t.meta["seed"] for t in archive}) == 3


def test_a_person_plays_one_game_at_a_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--player", "human", "--episodes", 1, "--games", 2, "--out", tmp_path / "set"]
    assert padzoo("demos", *options) == 2
    assert "--games 2: allowed with scripted players only" in capsys.readouterr().err


def test_no_game_at_all_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--player", "curated", "--episodes", 1, "--games", 0, "--out", tmp_path / "set"]
    assert padzoo("demos", *options) == 2
    assert "games 0: allowed are whole numbers from 1 on" in capsys.readouterr().err
