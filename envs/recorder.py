"""Recording: players of a list of games at the gamepads of a pool of games."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from envs.plays import Play, Plays
from envs.vector import GamePool, Transition


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


class _Table:
    """One game of the pool, the play in it, and the record so far."""

    def __init__(self, pool: GamePool, index: int) -> None:
        self.pool = pool
        self.index = index
        self.busy = False

    def start(self, play: Play, attempt: int) -> None:
        """Submits the start of a game."""
        self.play, self.attempt = play, attempt
        self.frames: list[NDArray[np.uint8]] = []
        self.actions: list[NDArray[np.int64]] = []
        self.positions: list[tuple[float, float, float]] = []
        self.pool.reset(self.index, play.seed, play.options)
        self.busy = True

    def go_on(self, transition: Transition) -> None:
        """Records what is seen, and submits the player's action."""
        info = transition.info
        self.frames.append(self.pool.observations[self.index].copy())
        self.positions.append((float(info["position"][0]), float(info["position"][1]), float(info["heading"])))
        self.actions.append(self.play.player.act(info))
        self.pool.step(self.index, self.actions[-1])
        self.busy = True

    def wait(self) -> Transition:
        """Waits for the call submitted last."""
        self.busy = False
        return self.pool.wait(self.index)

    def recording(self, info: dict[str, Any]) -> Recording:
        """Returns the finished game."""
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
    """
    tables = [_Table(pool, index) for index in range(min(len(pool), episodes))]
    for index, table in enumerate(tables):
        table.start(plays.draw(index, 0), 0)
    begun, active = len(tables), list(tables)
    done: dict[int, Recording] = {}
    following = 0
    try:
        while active:
            for table in list(active):
                transition = table.wait()
                if not (transition.terminated or transition.truncated):
                    table.go_on(transition)
                    continue
                index = table.play.index
                if transition.crashed or (table.play.must_reach and transition.info["outcome"] != table.play.pad):
                    attempt = table.attempt + (not transition.crashed)
                    table.start(plays.draw(index, attempt), attempt)
                    continue
                done[index] = table.recording(transition.info)
                if begun < episodes:
                    table.start(plays.draw(begun, 0), 0)
                    begun += 1
                else:
                    active.remove(table)
            while following in done:
                yield done.pop(following)
                following += 1
    finally:  # the reader may stop early: leave no call under way
        for table in active:
            if table.busy:
                table.wait()
