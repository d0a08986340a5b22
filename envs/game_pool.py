"""Many games at once: one thread each, since a game's step frees Python's interpreter lock."""

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any, Final, Self

import gymnasium
import numpy as np
from numpy.typing import NDArray

from padzoo.core.errors import GameCrashed
from padzoo.envs.adapter import OUTCOMES, make

Env = gymnasium.Env[Any, Any]
Answer = tuple[NDArray[np.uint8], float, bool, bool, dict[str, Any]]
Call = Callable[[Env], Answer]

UNBLOCKS_IN: Final = 10.0  # seconds in which a call returns whose game was killed


@dataclass(frozen=True)
class Transition:
    """What one submitted call gave; the observation is in the pool's buffer.

    Args:
        reward: The step's reward; 0.0 for a reset.
        terminated: The episode ended by itself, or crashed.
        truncated: The episode timed out.
        info: The game's info; after a crash the last one known.
        crashed: The game's process died; the episode is to be dropped. The game has been started anew, reset it.
    """

    reward: float
    terminated: bool
    truncated: bool
    info: dict[str, Any]
    crashed: bool = False


class _Seat:
    """One game, its row of the buffer, and the thread that builds it, steps it and closes it."""

    def __init__(self, build: Callable[[], Env], name: str) -> None:
        self.build = build
        self.env: Env
        self.row: NDArray[np.uint8]
        self.calls: SimpleQueue[Call | None] = SimpleQueue()
        self.results: SimpleQueue[Transition | BaseException | None] = SimpleQueue()  # None: it is built
        self.busy = False
        self.info: dict[str, Any] = {}
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._serve, name=name, daemon=True)

    def submit(self, call: Call) -> None:
        if self.busy:
            raise RuntimeError("a call is under way in this game: wait for it first")
        self.busy = True
        self.calls.put(call)

    def kill(self) -> bool:
        """Ends a hanging game's process, so that the call comes back as a crash; returns whether it has one."""
        kill = getattr(self.env.unwrapped, "kill", None) if hasattr(self, "env") else None
        if kill is not None:
            kill()
        return kill is not None

    def end(self, patience: float) -> bool:
        """Waits until the thread has closed its game; returns whether it has.

        A signal in `Thread.start` leaves a thread that runs and cannot be joined; one that never began is not listed.
        """
        if self.thread in threading.enumerate():
            if not self.ended.wait(patience):
                return False
            self.thread.join()
        return True

    def _serve(self) -> None:
        try:
            self._play()
        finally:
            self.ended.set()

    def _play(self) -> None:
        try:
            self.env = self.build()
        except BaseException as error:  # `sys.exit` in a game too: whatever it is, somebody waits for it
            self.results.put(error)
            return
        self.results.put(None)
        while (call := self.calls.get()) is not None:
            try:
                self.results.put(self._run(call))
            except BaseException as error:
                self.results.put(error)
        with suppress(Exception):  # what was played is played
            self.env.close()

    def _run(self, call: Call) -> Transition:
        try:
            observation, reward, terminated, truncated, self.info = call(self.env)
        except GameCrashed:
            self.env.close()
            self.env = self.build()
            return Transition(0.0, True, False, self.info, crashed=True)
        self.row[:] = observation
        return Transition(float(reward), terminated, truncated, self.info)


class GamePool:
    """Steps many games at once, each in its own thread, all writing their observations into one buffer.

    A thread builds its game too: some belong to the thread that built them. The first game is built alone, so that what
    is wrong with all of them is said once; the others then start side by side.

    `reset` and `step` return at once; `wait` blocks until that game is done, so that a caller can step one half of the
    games while the network works on the other half. Results do not depend on how many games run beside each other.

    Args:
        env: A Gymnasium id (games of others are adapted, see `envs/adapter.py`), or a function that builds a game
            that needs no adapter.
        games: How many.
        env_args: The game's arguments, where `env` is an id, and the `size` of its observations.
        patience: Seconds that a call may take before its game is killed and counts as crashed.

    Raises:
        ValueError: If `games` is less than 1, or only some of so many can be built.
        GameCrashed: If the games are not built in `patience` seconds each.
        Exception: Whatever else the first game raised.
    """

    def __init__(
        self,
        env: str | Callable[[], Env],
        games: int,
        env_args: Mapping[str, Any] | None = None,
        patience: float = 60.0,
    ) -> None:
        if games < 1:
            raise ValueError(f"games {games}: allowed are whole numbers from 1 on")
        self.patience = patience
        self._given_up = False  # a game hangs and cannot be killed: nobody waits for the others either
        self._seats: list[_Seat] = []
        try:
            self._open(env if callable(env) else _maker(env, env_args or {}), games)
        except BaseException:
            self.close()
            raise
        first = self._seats[0].env
        assert first.observation_space.shape is not None
        self.observations: NDArray[np.uint8] = np.zeros(
            (games, *first.observation_space.shape), np.uint8
        )  # (N, H, W, 3)
        for seat, row in zip(self._seats, self.observations, strict=True):
            seat.row = row
        tells = first.has_wrapper_attr("outcomes")
        self.outcomes: tuple[str, ...] = first.get_wrapper_attr("outcomes") if tells else OUTCOMES
        outline = getattr(first.unwrapped, "outline", None)
        self.outline: list[NDArray[np.floating]] = outline() if outline else []

    def __len__(self) -> int:
        return len(self._seats)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def reset(self, index: int, seed: int, options: Mapping[str, Any] | None = None) -> None:
        """Submits the start of an episode.

        Args:
            index: Which game.
            seed: The episode's seed.
            options: The game's reset options.
        """

        def call(env: Env) -> Answer:
            observation, info = env.reset(seed=seed, options=dict(options) if options else None)
            return observation, 0.0, False, False, info

        self._seats[index].submit(call)

    def step(self, index: int, action: NDArray[np.int64]) -> None:
        """Submits one step.

        Args:
            index: Which game.
            action: A gamepad action `(16,)`.
        """

        def call(env: Env) -> Answer:
            observation, reward, terminated, truncated, info = env.step(action)
            return observation, float(reward), terminated, truncated, info

        self._seats[index].submit(call)

    def wait(self, index: int) -> Transition:
        """Waits for the call submitted to a game.

        Args:
            index: Which game.

        Returns:
            What it gave.

        Raises:
            GameCrashed: If the game does not answer and cannot be killed.
            Exception: Whatever else the game raised, a `ValueError` for a bad option for example.
        """
        seat = self._seats[index]
        if not seat.busy:
            raise RuntimeError("no call is under way in this game: submit one first")
        result = self._answer(seat, self.patience)
        seat.busy = False
        if isinstance(result, BaseException):
            raise result
        assert result is not None
        return result

    def render(self, index: int) -> NDArray[np.uint8]:
        """Returns the picture of a game in mode `rgb_array`, which is larger than its observation.

        Args:
            index: Which game; no call may be under way in it.
        """
        picture = self._seats[index].env.render()
        assert isinstance(picture, np.ndarray)
        return picture

    def close(self) -> None:
        """Ends all games and their threads."""
        for seat in self._seats:
            seat.calls.put(None)
        for seat in self._seats:
            if not seat.end(0 if self._given_up and seat.busy else self.patience) and seat.kill():
                seat.end(self.patience)

    def _open(self, build: Callable[[], Env], games: int) -> None:
        """Builds the games: the first alone, then the others at once."""
        patience = self.patience * games  # they share the processors
        for index in range(games):
            seat = _Seat(build, f"game-{index}")
            seat.busy = True
            self._seats.append(seat)  # first: a signal may come as the thread starts, and it is to be ended
            seat.thread.start()
            if index == 0:
                self._await(seat, patience)
        for seat in self._seats[1:]:
            try:
                self._await(seat, patience)
            except Exception as error:
                more = "" if isinstance(error, ValueError) else f"{type(error).__name__}: "
                raise ValueError(
                    f"{more}{error}; the first of {games} games at once was built: allowed: fewer, such as --games 1"
                ) from error

    def _await(self, seat: _Seat, patience: float) -> None:
        error = self._answer(seat, patience)
        seat.busy = False
        if isinstance(error, BaseException):
            raise error

    def _answer(self, seat: _Seat, patience: float) -> Transition | BaseException | None:
        with suppress(Empty):
            return seat.results.get(timeout=0 if self._given_up else patience)
        if not self._given_up and seat.kill():
            with suppress(Empty):
                return seat.results.get(timeout=min(patience, UNBLOCKS_IN))
        self._given_up = True
        raise GameCrashed(
            f"the game has not answered for {patience:g} s and cannot be killed; allowed, if it is slow: more seconds "
            "of patience, --env_args '{\"patience\": SECONDS}' or --game.patience SECONDS"
        )


def _maker(name: str, settings: Mapping[str, Any]) -> Callable[[], Env]:
    args = {key: value for key, value in settings.items() if key != "size"}
    return partial(make, name, args, **({"size": settings["size"]} if "size" in settings else {}))
