"""Games as other people write them, each with one habit of its own: `--env foreign_games:Habit-<name>-v0`."""

import sqlite3
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, ClassVar

import gymnasium
import numpy as np
from gymnasium.spaces import Box, Dict, Discrete
from numpy.typing import NDArray

COLOUR = Box(0, 255, (40, 56, 3), np.uint8)
DEPTH = Box(0, 255, (40, 56, 1), np.uint8)
LIGHT = np.full(COLOUR.shape, 200, np.uint8)
STEPS = 3


def info_of(habit: str, step: int, over: bool) -> Any:
    """What a game of a habit says of itself after so many steps."""
    place = (4.0, 5.0)
    infos: dict[str, Any] = {
        "place_later": {"position": place} if step else {},
        "place_of_three": {"position": (*place, 6.0), "heading": np.array([7.0])},
        "place_comes_and_goes": {"position": place} if step % 2 else {},
        "place_is_a_word": {"position": "e4"},
        "no_info": None,
        "odd_info": {"spawn": np.arange(3), "character": object()},
        "numpy_info": {"spawn": np.int64(2), "character": np.str_("elf")},
        "info_is_a_list": [1, 2],
        "says_success": {"is_success": np.array([True])} if over else {},
        "own_outcome": {"outcome": "won"} if over else {},
        "undeclared_outcome": {"outcome": "drawn"} if over else {},
    }
    return infos.get(habit, {})


class Habit(gymnasium.Env[Any, Any]):
    """A bright picture for three steps, each worth 1.0."""

    action_space = Discrete(3)
    observation_space: Any = COLOUR
    alive: ClassVar[int] = 0

    def __init__(self, habit: str, size: int = 0, picture: str = "", render_mode: str | None = None) -> None:
        self.habit, self.given, self.render_mode, self.clock = habit, (size, picture), render_mode, 0
        self.thread = threading.get_ident()
        self.shared = {"position": np.zeros(2)}  # changed in place
        if habit == "rgb_and_depth":
            self.observation_space = Dict(rgb=COLOUR, depth=DEPTH)
        elif habit == "two_cameras":
            self.observation_space = Dict(left=COLOUR, right=COLOUR)
        elif habit in ("own_outcome", "undeclared_outcome", "silent_outcome"):
            self.outcomes = ["lost", "won"]
        elif habit == "one_a_process":
            if self.alive:
                raise RuntimeError("Cannot create multiple emulator instances per process")
            type(self).alive += 1
        elif habit == "one_thread":
            self.book = sqlite3.connect(":memory:")
        elif habit == "display":
            raise OSError("Cannot connect to a display")
        elif habit == "exit":
            sys.exit("no licence")

    def close(self) -> None:
        """Lets go of the emulator."""
        if self.habit == "one_a_process":
            type(self).alive -= 1
        if self.habit == "bad_close":
            raise RuntimeError("closed before")

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        """Starts an episode."""
        super().reset(seed=seed)
        self.clock = 0
        if self.habit == "slow":
            time.sleep(1)
        if self.habit == "options" and options:
            raise KeyError(next(iter(options)))
        return self._show(), self._say(False)

    def step(self, action: int) -> Any:
        """Counts."""
        self.clock += 1
        over = self.clock == STEPS
        if self.habit == "one_thread":
            self.book.execute("select 1")
        elif self.habit == "exit_later":
            sys.exit()
        elif self.habit == "bug":
            return 1 / 0
        rewards: dict[str, Any] = {
            "array_reward": np.array([1.0]),
            "nan_reward": np.nan,
            "team_reward": {"me": 1.0},
        }
        end: dict[str, Any] = {"numpy_end": np.bool_(over), "whole_end": int(over), "odd_end": "over" if over else ""}
        if self.habit == "prints":
            print("hello")
        terminated = end.get(self.habit, over)
        return self._show(), rewards.get(self.habit, 1.0), terminated, False, self._say(over)

    def _say(self, over: bool) -> Any:
        self.shared["position"][:] = self.clock
        return self.shared if self.habit == "place_in_place" else info_of(self.habit, self.clock, over)

    def _show(self) -> Any:
        shows: dict[str, Callable[[], Any]] = {
            "rgb_and_depth": lambda: {"rgb": LIGHT, "depth": np.zeros(DEPTH.shape, np.uint8)},
            "two_cameras": lambda: {"left": LIGHT, "right": LIGHT // 2},
            "grows": lambda: np.full((40 + self.clock, 56, 3), 200, np.uint8),
            "float_for_bytes": lambda: (LIGHT / 255).astype(np.float32),
            "flat": lambda: LIGHT.ravel(),
            "nothing_to_see": lambda: None,
        }
        return shows.get(self.habit, lambda: LIGHT)()


class Old(gymnasium.Env[Any, Any]):
    """The API of Gym before 0.26; the newer its `reset`, the later it is found out."""

    observation_space, action_space = COLOUR, Discrete(3)

    def reset(self) -> NDArray[np.uint8]:  # type: ignore[override]
        """Gives an observation alone."""
        return LIGHT

    def step(self, action: int) -> Any:
        """Gives four values."""
        return LIGHT, 1.0, True, {}


class Older(Old):
    """Of 0.21 to 0.25: its `reset` knows seeds already."""

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        """Gives an observation alone."""
        return LIGHT


class HalfOld(Old):
    """A game that was converted by halves."""

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        """Gives both."""
        return LIGHT, {}


def needs_box2d() -> Habit:
    """Says what is missing as Gymnasium's own games do."""
    raise gymnasium.error.DependencyNotInstalled('Box2D is not installed, run `pip install "gymnasium[box2d]"`')


HABITS = """
    plain rgb_and_depth two_cameras grows float_for_bytes flat nothing_to_see place_later place_of_three place_in_place
    place_comes_and_goes place_is_a_word no_info odd_info numpy_info info_is_a_list says_success own_outcome
    undeclared_outcome silent_outcome one_a_process one_thread display exit exit_later bad_close slow options bug
    array_reward nan_reward team_reward numpy_end whole_end odd_end prints
"""
for _habit in HABITS.split():
    gymnasium.register(f"Habit-{_habit}-v0", Habit, kwargs={"habit": _habit})
gymnasium.register("Old-v0", Old)
gymnasium.register("Older-v0", Older)
gymnasium.register("HalfOld-v0", HalfOld)
gymnasium.register("LimitedOld-v0", HalfOld, max_episode_steps=9)
gymnasium.register("MissingExtra-v0", "foreign_library_that_is_missing:Game")
gymnasium.register("MissingBox2D-v0", needs_box2d)
gymnasium.register("Renewed-v2", Habit, kwargs={"habit": "plain"})
