"""The one loop of play: a player at the gamepads of a pool of games."""

import logging
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from padzoo.core.codec import encode
from padzoo.core.episode import Episode
from padzoo.core.gamepad import COMPONENTS
from padzoo.core.trajectory import check_range
from padzoo.envs.game_pool import GamePool, Transition
from padzoo.envs.player import Acted, Player
from padzoo.envs.rollout import Rollout

log = logging.getLogger(__name__)


def play(player: Player, pool: GamePool, episodes: Iterable[Episode]) -> Iterator[Rollout]:
    """Plays episodes, some of the games stepping while the player thinks about others (`Player.turns`).

    A game that is done takes the next episode, or the one that the player wants in its place (`Player.again`). What is
    played does not depend on the number of games.

    Args:
        player: Who plays.
        pool: The games; none of them may be in use.
        episodes: What to play; may be endless.

    Yields:
        The rollouts in the order of the episodes, crashed ones that the player keeps among them.
    """
    table = _Table(player, pool, episodes)
    games = range(len(pool))
    groups = [games[turn :: player.turns] for turn in range(player.turns)]
    try:
        for group in groups:
            table.start(group)
        done: dict[int, Rollout] = {}
        following = 0
        while table.playing:
            for group in groups:
                done |= {rollout.number: rollout for rollout in table.turn(group)}
                while following in done:
                    yield done.pop(following)
                    following += 1
    finally:
        table.settle()


class _Take:
    """An episode while it is played."""

    def __init__(self, number: int, episode: Episode) -> None:
        self.number, self.episode = number, episode
        self.transition = Transition(0.0, False, False, {})
        self.episode_return = 0.0
        self.images: list[bytes] = []
        self.actions: list[NDArray[np.int64]] = []
        self.poses: list[tuple[float, float, float]] = []
        self.notes: list[Any] = []

    def collect(self, transition: Transition) -> bool:
        """Takes a game's answer; returns whether that was its last."""
        self.transition = transition
        self.pose = _pose(transition.info)  # now: a game may change what it gave at its next step
        self.episode_return += transition.reward
        return transition.terminated or transition.truncated or transition.crashed

    def add(self, image: bytes, action: NDArray[np.int64], note: Any) -> None:
        """Notes one step."""
        self.images.append(image)
        self.actions.append(action)
        if note is not None:
            self.notes.append(note)
        self.poses.append(self.pose)

    def finish(self, player: Player) -> Rollout:
        """Returns the episode as it was played."""
        actions = np.asarray(self.actions, dtype=np.int8).reshape(-1, len(COMPONENTS))
        found = np.asarray(self.poses, dtype=np.float32).reshape(-1, 3)
        poses = None if np.isnan(found[:, :2]).all() else found
        about, crashed, info = player.about(self.episode), self.transition.crashed, self.transition.info
        parts = (self.images, actions, poses, self.notes)
        return Rollout(self.episode, self.number, about, info, self.episode_return, crashed, *parts)


def _pose(info: Mapping[str, Any]) -> tuple[float, float, float]:
    """Reads x, y and heading from what a game says of itself; NaN is what it does not say."""
    x, y = (_numbers(info.get("position"), (2, 3)) or (math.nan, math.nan))[:2]
    return x, y, (_numbers(info.get("heading"), (1,)) or (math.nan,))[0]


def _numbers(value: Any, lengths: Sequence[int]) -> tuple[float, ...] | None:
    """Returns so many finite numbers; None for anything else, which is the game's own business."""
    try:
        found = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        return None
    if found.ndim > 1 or found.size not in lengths:
        return None
    numbers = found.ravel().tolist()
    return tuple(numbers) if all(map(math.isfinite, numbers)) else None


class _Table:
    """The games in play and whose turn it is."""

    def __init__(self, player: Player, pool: GamePool, episodes: Iterable[Episode]) -> None:
        self.player = player
        self.pool = pool
        self.waiting = enumerate(episodes)
        self.playing: dict[int, _Take] = {}  # by game
        self.submitted: set[int] = set()  # games with a call that nobody has waited for

    def start(self, games: Iterable[int]) -> None:
        """Starts the next episodes in these games, as far as there are any."""
        for game in games:
            for number, episode in self.waiting:
                self._begin(game, _Take(number, episode))
                break

    def turn(self, games: Iterable[int]) -> list[Rollout]:
        """Collects these games' answers, restarts those that are done and acts in the others; returns the done."""
        ready: list[int] = []
        done: list[Rollout] = []
        for game in games:
            if game not in self.playing:
                continue
            if not self._collect(game):
                ready.append(game)
                continue
            rollout = self.playing.pop(game).finish(self.player)
            again = self.player.again(rollout)
            if again is not None:
                self._begin(game, _Take(rollout.number, again))
                continue
            if rollout.crashed:
                log.warning("the episode of seed %d is left out: its game crashed", rollout.episode.start.seed)
            done.append(rollout)
            self.start([game])  # it loads while the player thinks
        if ready:
            self._act(ready)
        return done

    def settle(self) -> None:
        """Waits for every submitted call, so that the pool can be used again."""
        for game in self.submitted:
            with suppress(Exception):  # if it failed, the first failure is under way to the caller already
                self.pool.wait(game)

    def _begin(self, game: int, take: _Take) -> None:
        self.player.reset([game], [take.episode])
        self.playing[game] = take
        self.pool.reset(game, take.episode.start.seed, take.episode.start.options)
        self.submitted.add(game)

    def _collect(self, game: int) -> bool:
        transition = self.pool.wait(game)  # if that is interrupted, `settle` waits for it
        self.submitted.remove(game)
        return self.playing[game].collect(transition)

    def _act(self, games: Sequence[int]) -> None:
        frames = self.pool.observations[games]  # (n, S, S, 3), a copy
        acted = self.player.act(frames, games, [self.playing[game].transition.info for game in games])
        self._check(acted.actions, len(games))
        for game, action in zip(games, acted.actions, strict=True):
            self.pool.step(game, action)  # all are off before anything is written down
            self.submitted.add(game)
        self._note(games, acted, encode(frames) if acted.images is None else acted.images)

    def _check(self, actions: NDArray[np.int64], count: int) -> None:
        """Refuses what a shard could not hold: it would be played as it is, and stored as something else."""
        who, expected = type(self.player).__name__, (count, len(COMPONENTS))
        if actions.shape != expected or actions.dtype.kind not in "iu":
            raise ValueError(f"player {who}: acts {actions.dtype} {actions.shape}; allowed: whole numbers {expected}")
        check_range(actions, f"player {who}")

    def _note(self, games: Sequence[int], acted: Acted, images: Sequence[bytes]) -> None:
        notes = [None] * len(games) if acted.notes is None else acted.notes
        for game, image, action, note in zip(games, images, acted.actions, notes, strict=True):
            self.playing[game].add(image, action, note)
