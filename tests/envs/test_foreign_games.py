"""Games as other people write them: played as they are meant, or refused in a line that says what to do."""

import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from foreign_games import LIGHT, STEPS, Habit
from numpy.typing import NDArray

from padzoo.core import codec
from padzoo.core.episode import episodes
from padzoo.core.errors import GameCrashed
from padzoo.core.gamepad import NEUTRAL
from padzoo.datamodules.sets.shard_set import ShardSet
from padzoo.datamodules.sets.writer import ShardWriter
from padzoo.envs.arena import Arena
from padzoo.envs.game import Game
from padzoo.envs.player import Acted, Player
from padzoo.envs.rollout import Rollout


class Idler(Player):
    """Presses nothing."""

    def act(self, frames: NDArray[np.uint8], rows: Any, infos: Any = ()) -> Acted:
        return Acted(np.tile(np.array(NEUTRAL), (len(rows), 1)))


def name(habit: str) -> str:
    return f"foreign_games:{habit if '-' in habit else f'Habit-{habit}-v0'}"


def played(habit: str, games: int = 2, options: dict[str, Any] | None = None, **settings: Any) -> list[Rollout]:
    game = Game(name(habit), options=options, **settings)
    with Arena(game, 16, games) as arena:
        return list(arena.play(Idler(), episodes(0, 3, options=game.starts)))


PLAYED = """
    plain rgb_and_depth grows place_later place_of_three place_in_place place_comes_and_goes place_is_a_word no_info
    odd_info numpy_info says_success own_outcome one_thread bad_close options array_reward numpy_end whole_end
    prints
"""


@pytest.mark.parametrize("habit", PLAYED.split())
def test_it_is_played_and_its_recording_is_read_again(habit: str, tmp_path: Path) -> None:
    rollouts = played(habit)
    with ShardWriter(tmp_path / "set", source={}) as writer:
        for rollout in rollouts:
            writer.write(rollout.record)
    found = list(ShardSet(tmp_path / "set"))
    assert [len(one) for one in found] == [STEPS] * 3
    seen = codec.roundtrip(np.full((16, 16, 3), LIGHT[0, 0], np.uint8))
    assert all((one.frames == seen).all() for one in found)
    assert [one.episode_return for one in rollouts] == [STEPS] * 3
    assert {one.meta["outcome"] for one in found} == {"won" if habit == "own_outcome" else "success"}


REFUSED = {
    "two_cameras": ": several parts of its observations may be the picture: left, right; allowed: to name it, as",
    "float_for_bytes": ": its picture is float32 (40, 56, 3), where its space says uint8 (40, 56, 3)",
    "flat": ": its picture is uint8 (6720,), where its space says uint8 (40, 56, 3)",
    "nothing_to_see": ": its picture is object (), where its space says uint8 (40, 56, 3)",
    "info_is_a_list": ": info [1, 2]; allowed: a dictionary",
    "undeclared_outcome": ": info['outcome'] is 'drawn'; allowed, as it declares: lost, won",
    "silent_outcome": ": info['outcome'] is None; allowed, as it declares: lost, won",
    "display": ": OSError: Cannot connect to a display (foreign_games.py, line ",
    "exit": ": SystemExit: no licence (foreign_games.py, line ",
    "exit_later": ": step: SystemExit (foreign_games.py, line ",
    "bug": ": step: ZeroDivisionError: division by zero (foreign_games.py, line ",
    "nan_reward": ": reward nan; allowed: one finite number",
    "team_reward": ": reward {'me': 1.0}; allowed: one finite number",
    "odd_end": ": terminated ''; allowed: true or false",
    "Old-v0": ": its reset takes no 'seed': this is the API of Gym before 0.26; allowed: Gymnasium's",
    "Older-v0": ": its reset gives ndarray: this is the API of Gym before 0.26; allowed: Gymnasium's",
    "HalfOld-v0": ": its step gives tuple of 4 values: this is the API of Gym before 0.26; allowed: Gymnasium's",
    "LimitedOld-v0": "; this is the API of Gym before 0.26; allowed: Gymnasium's",
    "MissingExtra-v0": ": No module named 'foreign_library_that_is_missing'",
    "MissingBox2D-v0": ': Box2D is not installed, run `pip install "gymnasium[box2d]"`',
    "LunarLander-v2": ": Environment version v2 for `LunarLander` is deprecated. Please use `LunarLander-v3` instead.",
    "Renewed-v1": ": Environment version v1 for `Renewed` is deprecated. Please use `Renewed-v2` instead.",
    "Renewed-v3": ": Environment version `v3` for environment `Renewed` doesn't exist. It provides versioned",
    "Nowhere-v0": ": Environment `Nowhere` doesn't exist",
}


@pytest.mark.parametrize("habit", REFUSED)
def test_it_is_refused_in_a_line(habit: str) -> None:
    with pytest.raises(ValueError, match=r"^game '") as caught:
        played(habit)
    text = str(caught.value)
    assert REFUSED[habit] in text
    assert "\n" not in text
    assert text.startswith(("game '" + name(habit), "game '" + name(habit).partition(":")[2]))


def test_a_screen_that_is_missing_is_named_with_what_helps() -> None:
    with pytest.raises(ValueError, match=r"without a screen: render_mode 'rgb_array', or `xvfb-run`$"):
        played("display")


def test_options_that_the_game_does_not_take_are_reported() -> None:
    with pytest.raises(
        ValueError, match=r"^game 'Habit-options-v0': reset: KeyError: 'level' \(foreign_games.py, line"
    ):
        played("options", options={"level": 3})


def test_the_picture_can_be_chosen() -> None:
    left, right = (played("two_cameras", picture=key)[0].trajectory.frames.mean() for key in ("left", "right"))
    assert left == pytest.approx(200, abs=2)
    assert right == pytest.approx(100, abs=2)
    with pytest.raises(ValueError, match=r"picture 'middle'; allowed, as its observations have them: left, right$"):
        played("two_cameras", picture="middle")


@pytest.mark.parametrize(
    ("habit", "wanted"),
    [
        ("place_later", [[np.nan] * 3, [4, 5, np.nan], [4, 5, np.nan]]),
        ("place_comes_and_goes", [[np.nan] * 3, [4, 5, np.nan], [np.nan] * 3]),
        ("place_of_three", [[4, 5, 7]] * 3),
        ("place_in_place", [[0, 0, np.nan], [1, 1, np.nan], [2, 2, np.nan]]),
        ("place_is_a_word", None),
        ("plain", None),
    ],
)
def test_places_are_recorded_where_they_are_said(habit: str, wanted: Any) -> None:
    positions = played(habit)[0].record.positions
    if wanted is None:
        assert positions is None
    else:
        np.testing.assert_array_equal(positions, np.array(wanted, np.float32))


def test_what_it_says_of_itself_is_recorded_if_it_is_plain() -> None:
    assert played("odd_info")[0].record.meta.keys() == {"seed", "outcome", "player"}
    meta = played("numpy_info")[0].record.meta
    assert (meta["spawn"], meta["character"]) == (2, "elf")


def test_arguments_of_its_own_reach_it_whatever_their_names() -> None:
    env = Game(name("plain"), {"size": 7, "picture": "mona lisa"}).env(16)
    assert env.unwrapped.given == (7, "mona lisa")  # type: ignore[attr-defined]
    assert env.reset()[0].shape == (16, 16, 3)
    with pytest.raises(ValueError, match=r"it has no argument 'level'$"):
        played("plain", args={"level": 7})


def test_one_emulator_a_process_is_played_alone() -> None:
    with pytest.raises(ValueError, match=r"multiple emulator instances.* allowed: fewer, such as --games 1$"):
        played("one_a_process", games=3)
    assert Habit.alive == 0
    assert len(played("one_a_process", games=1)) == 3
    assert Habit.alive == 0


def test_games_are_built_in_the_threads_that_step_them() -> None:
    with Arena(Game(name("plain")), 16, 3) as arena:
        threads = {seat.env.unwrapped.thread for seat in arena.pool._seats}  # type: ignore[attr-defined]
    assert len(threads) == 3
    assert threading.get_ident() not in threads


def test_a_slow_game_needs_patience() -> None:
    start = time.monotonic()
    with pytest.raises(GameCrashed, match=r"has not answered for 0.1 s .* more seconds of patience, --env_args"):
        played("slow", games=3, patience=0.1)
    assert time.monotonic() - start < 0.9  # neither the others nor the end of the pool are waited for
    assert len(played("slow", games=3, patience=5)) == 3
