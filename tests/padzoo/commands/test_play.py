from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.spaces import Box
from micro import padzoo
from PIL import Image

from padzoo.commands.play import film, save_gif, side_by_side
from padzoo.core.episode import Episode, Start
from padzoo.core.gamepad import NEUTRAL, action_space
from padzoo.envs.arena import Arena
from padzoo.envs.game import Game
from padzoo.envs.player import Acted, Player


class Still(Player):
    """Touches nothing."""

    def reset(self, rows: Sequence[int], episodes: Sequence[Episode]) -> None: ...

    def act(self, frames: np.ndarray, rows: Sequence[int], infos: Sequence[Mapping[str, Any]] = ()) -> Acted:
        return Acted(np.tile(np.array(NEUTRAL), (len(rows), 1)))


def still(brightness: int, steps: int) -> list[np.ndarray]:
    return [np.full((4, 4, 3), brightness, dtype=np.uint8) for _ in range(steps)]


def test_the_film_is_as_long_as_the_longest_episode(
    policy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "new" / "agent.gif"
    options = ["--episodes", 2, "--size", 48, "--options", '{"character": "ninja"}', "--out", out]
    assert padzoo("play", policy, *options) == 0
    outcomes = capsys.readouterr().out.strip().splitlines()[-1].removesuffix(f": {out}").split(", ")
    assert len(outcomes) == 2
    assert set(outcomes) <= {"none", "left", "middle", "right"}
    with Image.open(out) as film:
        assert film.size == (96, 48)
        assert film.info["duration"] == 100
        frames = int(getattr(film, "n_frames"))  # noqa: B009 - only of pictures that can have several
        if "none" in outcomes:  # a time-out: the first picture and one a step
            assert frames == 101
        assert 20 < frames <= 101
    assert [path.name for path in out.parent.iterdir()] == ["agent.gif"]


def test_one_emulator_a_process_is_filmed(policy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--episodes", 2, "--size", 48, "--env", "foreign_games:Habit-one_a_process-v0"]
    assert padzoo("play", policy, *options, "--games", 1, "--out", tmp_path / "agent.gif") == 0
    assert capsys.readouterr().out.endswith(f"success, success: {tmp_path / 'agent.gif'}\n")
    assert padzoo("play", policy, *options, "--out", tmp_path / "two.gif") == 2
    assert capsys.readouterr().err.endswith("allowed: fewer, such as --games 1\n")


class Once(gymnasium.Env[np.ndarray, np.ndarray]):
    """A game that ends elsewhere when its actions are played again."""

    observation_space, action_space = Box(0, 255, (64, 64, 3), np.uint8), action_space()
    outcomes = ("lost", "won")
    times = count()

    def __init__(self, size: int = 64) -> None:
        self.size = size

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        self.ends, self.clock = ("lost", "won")[next(self.times) % 2], 0
        return self._look(), {}

    def step(self, action: np.ndarray) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        self.clock += 1
        return self._look(), 0.0, self.clock == 5, False, {"outcome": self.ends} if self.clock == 5 else {}

    def _look(self) -> np.ndarray:
        return np.full((self.size, self.size, 3), 40 * self.clock + 20 * (self.ends == "won"), np.uint8)


def test_of_a_game_that_does_not_repeat_itself_what_was_played_is_shown(caplog: pytest.LogCaptureFixture) -> None:
    gymnasium.register("Once-v0", Once)
    game = Game("Once-v0")
    with Arena(game, 64, 1) as arena:
        (rollout,) = arena.play(Still(), [Episode(Start(0))])
    shown = film(rollout, game, 128)
    assert (rollout.outcome, len(shown), shown[0].shape) == ("lost", 5, (128, 128, 3))
    assert [round(float(picture.mean()) / 40) for picture in shown] == [0, 1, 2, 3, 4]
    assert "episode 0: played again it ended otherwise" in caplog.text


def test_films_lie_in_a_square_and_go_dark_when_they_are_over() -> None:
    moments = side_by_side([still(200, 3), still(100, 1), still(50, 2)])
    assert [moment.shape for moment in moments] == [(8, 8, 3)] * 3
    corners = [(moment[0, 0, 0], moment[0, 7, 0], moment[7, 0, 0], moment[7, 7, 0]) for moment in moments]
    assert corners == [(200, 100, 50, 0), (200, 50, 50, 0), (200, 50, 25, 0)]


def test_a_film_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = [np.full((4, 4, 3), 60 * step, dtype=np.uint8) for step in range(4)]
    save_gif(tmp_path / "film.gif", pictures)
    with Image.open(tmp_path / "film.gif") as film:
        assert getattr(film, "n_frames") == 4  # noqa: B009

    def fail(_: Image.Image, path: Path, **__: object) -> None:
        path.write_bytes(b"GIF")
        raise OSError("disk full")

    monkeypatch.setattr(Image.Image, "save", fail)
    with pytest.raises(OSError, match="disk full"):
        save_gif(tmp_path / "other.gif", pictures)
    assert [path.name for path in tmp_path.iterdir()] == ["film.gif"]
