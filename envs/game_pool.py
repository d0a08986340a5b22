"""Many games at once: one thread each, since a game's step frees Python's interpreter lock."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any, Self

import gymnasium
import numpy as np
from numpy.typing import NDArray

from padzoo.core.errors import GameCrashed
from padzoo.envs.adapter import OUTCOMES, make

Env = gymnasium.Env[Any, Any]
Call = Callable[[Env], tuple[NDArray[np.uint8], float, bool, bool, dict[str, Any]]]


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
    """One game, its thread, and its row of the buffer."""

    def __init__(self, build: Callable[[], Env], env: Env, row: NDArray[np.uint8], name: str) -> None:
        self.build, self.env, self.row = build, env, row
        self.calls: SimpleQueue[Call | None] = SimpleQueue()
        self.results: SimpleQueue[Transition | Exception] = SimpleQueue()
        self.busy = False
        self.info: dict[str, Any] = {}
        self.thread = threading.Thread(target=self._serve, name=name, daemon=True)
        self.thread.start()

    def submit(self, call: Call) -> None:
        if self.busy:
            raise RuntimeError("a call is under way in this game: wait for it first")
        self.busy = True
        self.calls.put(call)

    def kill(self) -> None:
        """Ends a hanging game's process, where it has one, so that the call comes back as a crash."""
        kill = getattr(self.env.unwrapped, "kill", None)
        if kill is not None:
            kill()

    def _serve(self) -> None:
        while (call := self.calls.get()) is not None:
            try:
                self.results.put(self._run(call))
            except Exception as error:
                self.results.put(error)
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

    `reset` and `step` return at once; `wait` blocks until that game is done, so that a caller can step one half of the
    games while the network works on the other half. Results do not depend on how many games run beside each other.

    Args:
        env: A Gymnasium id (games of others are adapted, see `envs/adapter.py`), or a function that builds a game
            that needs no adapter.
        games: How many.
        env_args: The game's arguments, where `env` is an id.
        patience: Seconds that a call may take before its game is killed and counts as crashed.

    Raises:
        ValueError: If `games` is less than 1.
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
        build = env if callable(env) else lambda: make(env, **(env_args or {}))
        envs = [build() for _ in range(games)]
        space = envs[0].observation_space
        assert space.shape is not None
        self.observations: NDArray[np.uint8] = np.zeros((games, *space.shape), np.uint8)  # (N, H, W, 3)
        self.patience = patience
        tells = envs[0].has_wrapper_attr("outcomes")
        self.outcomes: tuple[str, ...] = envs[0].get_wrapper_attr("outcomes") if tells else OUTCOMES
        outline = getattr(envs[0].unwrapped, "outline", None)
        self.outline: list[NDArray[np.floating]] = outline() if outline else []
        self._seats = [
            _Seat(build, game, row, f"game-{index}")
            for index, (game, row) in enumerate(zip(envs, self.observations, strict=True))
        ]

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

        def call(env: Env) -> tuple[NDArray[np.uint8], float, bool, bool, dict[str, Any]]:
            observation, info = env.reset(seed=seed, options=dict(options) if options else None)
            return observation, 0.0, False, False, info

        self._seats[index].submit(call)

    def step(self, index: int, action: NDArray[np.int64]) -> None:
        """Submits one step.

        Args:
            index: Which game.
            action: A gamepad action `(16,)`.
        """

        def call(env: Env) -> tuple[NDArray[np.uint8], float, bool, bool, dict[str, Any]]:
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
        try:
            result = self._answer(seat)
        except Empty:
            raise GameCrashed(f"the game has not answered for {self.patience} s and cannot be killed") from None
        seat.busy = False
        if isinstance(result, Exception):
            raise result
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
            seat.thread.join(timeout=self.patience)
            if seat.thread.is_alive():
                seat.kill()
                seat.thread.join(timeout=self.patience)

    def _answer(self, seat: _Seat) -> Transition | Exception:
        try:
            return seat.results.get(timeout=self.patience)
        except Empty:
            seat.kill()
            return seat.results.get(timeout=self.patience)
