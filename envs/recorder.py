"""Recording: players of a list of games at the gamepads of a pool of games."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from padzoo.core.errors import GameCrashed
from padzoo.envs.game_pool import GamePool
from padzoo.envs.players.plays import Plays


@dataclass(frozen=True, eq=False)
class Recording:
    """One game as it was played.

    Args:
        frames: What was seen when each action was chosen, uint8 `(T, H, W, 3)`.
        actions: Gamepad actions, int8 `(T, 16)`.
        positions: x and y in map units and heading in degrees at each frame, float32 `(T, 3)`.
        meta: `seed`, `outcome`, `player` (its kind), `spawn`, `character`, `pad` (the one wanted, or None).
    """

    frames: NDArray[np.uint8]
    actions: NDArray[np.int8]
    positions: NDArray[np.float32]
    meta: dict[str, Any]

    def __len__(self) -> int:
        return len(self.actions)


CRASHES: Final = 3  # a game that crashes this often crashes by what is played in it
ATTEMPTS: Final = 50  # of a player who nearly always reaches the pad: then it cannot be reached, in too few steps say


class _Table:
    """One game of the pool, the play in it, and the record so far."""

    def __init__(self, pool: GamePool, plays: Plays, index: int) -> None:
        self.pool = pool
        self.plays = plays
        self.index = index
        self.busy = False

    def start(self, number: int, attempt: int = 0, crashes: int = 0) -> None:
        """Submits the start of a game of the list."""
        self.play, self.attempt, self.crashes = self.plays.draw(number, attempt), attempt, crashes
        self.frames: list[NDArray[np.uint8]] = []
        self.actions: list[NDArray[np.int64]] = []
        self.positions: list[tuple[float, float, float]] = []
        self.pool.reset(self.index, self.play.seed, self.play.options)
        self.busy = True

    def go_on(self) -> Recording | None:
        """Plays one step further; returns the recording if that was the last one of a game worth keeping."""
        self.busy = False
        transition = self.pool.wait(self.index)
        info, play = transition.info, self.play
        if transition.crashed:
            if self.crashes + 1 == CRASHES:
                raise GameCrashed(f"game {play.index} (seed {play.seed}) crashed {CRASHES} times in a row")
            self.start(play.index, self.attempt, self.crashes + 1)
        elif not (transition.terminated or transition.truncated):
            self._act(info)
        elif play.must_reach and info["outcome"] != play.pad:
            if self.attempt + 1 == ATTEMPTS:
                raise ValueError(
                    f"game {play.index} (seed {play.seed}): the {play.pad} pad was not reached in {ATTEMPTS} "
                    "attempts; allowed: env_args with a max_steps that suffices, 100 by default"
                )
            self.start(play.index, self.attempt + 1)
        else:
            return self._recording(info)
        return None

    def _act(self, info: dict[str, Any]) -> None:
        self.frames.append(self.pool.observations[self.index].copy())
        self.positions.append((float(info["position"][0]), float(info["position"][1]), float(info["heading"])))
        self.actions.append(self.play.player.act(info))
        self.pool.step(self.index, self.actions[-1])
        self.busy = True

    def _recording(self, info: dict[str, Any]) -> Recording:
        play = self.play
        meta = {"seed": play.seed, "outcome": info["outcome"], "player": play.kind, "pad": play.pad}
        meta |= {"spawn": int(info["spawn"]), "character": info["character"]}
        return Recording(
            np.stack(self.frames),
            np.stack(self.actions).astype(np.int8),
            np.asarray(self.positions, dtype=np.float32),
            meta,
        )


def record(pool: GamePool, plays: Plays, episodes: int) -> Iterator[Recording]:
    """Plays the first games of a list, as many at once as the pool has games.

    A game that must reach its pad and does not is played again with the next attempt's player; a game that crashed,
    with the same attempt's. What comes out depends on the list alone, not on the pool's size.

    Args:
        pool: The games; none of them may be in use.
        plays: What to play.
        episodes: How many recordings to make.

    Yields:
        The recordings, in the order of the list.

    Raises:
        GameCrashed: If a game crashes three times in a row.
        ValueError: If a game that must reach its pad does not in 50 attempts.
    """
    active = [_Table(pool, plays, index) for index in range(min(len(pool), episodes))]
    numbers = iter(range(episodes))
    done: dict[int, Recording] = {}
    following = 0
    try:
        for table in active:
            table.start(next(numbers))
        while active:
            for table in list(active):
                recording = table.go_on()
                if recording is None:
                    continue
                done[table.play.index] = recording
                number = next(numbers, None)
                if number is None:
                    active.remove(table)
                else:
                    table.start(number)
            while following in done:
                yield done.pop(following)
                following += 1
    finally:  # the reader may stop early: leave no call under way
        for table in active:
            if table.busy:
                with suppress(Exception):  # if it failed, the first failure is under way to the caller already
                    pool.wait(table.index)
