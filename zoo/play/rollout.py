"""Episodes played by an agent, many games at once."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from padzoo.core.episode import Episode
from padzoo.core.record import Record
from padzoo.core.trajectory import Trajectory
from padzoo.envs.game_pool import GamePool
from padzoo.zoo.play.agent import Agent


@dataclass(eq=False)
class Rollout:
    """One episode that an agent played, filled step by step while it plays.

    Attributes:
        episode: What was played.
        number: Its place among the episodes of `play`.
        player: The agent's name.
        crashed: Whether the game died; then nothing below counts, and the episode is to be dropped (Appendix C.4).
        episode_return: Sum of the game's rewards.
        info: What the game told last.
    """

    episode: Episode
    number: int
    player: str
    crashed: bool = False
    episode_return: float = 0.0
    info: dict[str, Any] = field(default_factory=dict)
    _images: list[bytes] = field(default_factory=list)
    _actions: list[NDArray[np.int64]] = field(default_factory=list)
    _poses: list[tuple[float, float, float]] = field(default_factory=list)
    _features: list[Tensor] = field(default_factory=list)
    _embeddings: list[Tensor] = field(default_factory=list)

    @property
    def outcome(self) -> str:
        """How the game says that it ended; `none` where it says nothing."""
        return str(self.info.get("outcome", "none"))

    @cached_property
    def features(self) -> Tensor:
        """The policy's features at every step, float32 on the CPU, `(T, D)`."""
        return torch.stack(self._features)

    @cached_property
    def embeddings(self) -> Tensor:
        """The policy's embeddings of the frames, float32 on the CPU, `(T, D)`."""
        return torch.stack(self._embeddings)

    @cached_property
    def record(self) -> Record:
        """The episode as it is stored: its frames were encoded once, before the agent saw them."""
        known: dict[str, Any] = {name: self.info[name] for name in ("spawn", "character") if name in self.info}
        offsets = np.cumsum([0, *map(len, self._images)], dtype=np.uint32)
        return Record(
            key=f"{self.number:06d}-{self.episode.seed}",
            data=b"".join(self._images),
            offsets=offsets,
            actions=np.stack(self._actions).astype(np.int8),
            positions=np.asarray(self._poses, dtype=np.float32) if self._poses else None,
            meta={"seed": self.episode.seed, "outcome": self.outcome, "player": self.player, **known},
        )

    @cached_property
    def trajectory(self) -> Trajectory:
        """The episode with its frames as acted on."""
        return self.record.decode()

    def add(self, image: bytes, action: NDArray[np.int64], features: Tensor, embedding: Tensor) -> None:
        """Notes one step.

        Args:
            image: What was seen, encoded.
            action: What was chosen, `(16,)`.
            features: What the policy computed, `(D,)`.
            embedding: What it made of the frame alone, `(D,)`.
        """
        self._images.append(image)
        self._actions.append(action)
        self._features.append(features)
        self._embeddings.append(embedding)
        if "position" in self.info:
            x, y = self.info["position"]
            self._poses.append((float(x), float(y), float(self.info.get("heading", 0.0))))


def play(agent: Agent, pool: GamePool, episodes: Iterable[Episode], player: str = "agent") -> Iterator[Rollout]:
    """Plays episodes, one half of the games stepping while the network works on the other.

    A game that is done goes on with the next episode. What is played does not depend on the number of games.

    Args:
        agent: Who plays; its games are reset.
        pool: The games.
        episodes: What to play; may be endless.
        player: The agent's name for the trajectories.

    Yields:
        The rollouts in the order of the episodes, the crashed ones among them.
    """
    table = _Table(agent, pool, episodes, player)
    games = range(len(pool))
    halves = [games[0::2], games[1::2]]
    try:
        for half in halves:
            table.start(half)
        done: dict[int, Rollout] = {}
        following = 0
        while table.playing:
            for half in halves:
                done |= {rollout.number: rollout for rollout in table.turn(half)}
                while following in done:
                    yield done.pop(following)
                    following += 1
    finally:
        table.settle()


class _Table:
    """The games in play and whose turn it is."""

    def __init__(self, agent: Agent, pool: GamePool, episodes: Iterable[Episode], player: str) -> None:
        self.agent = agent
        self.pool = pool
        self.waiting = enumerate(episodes)
        self.player = player
        self.playing: dict[int, Rollout] = {}  # by game
        self.submitted: set[int] = set()  # games with a call that nobody has waited for

    def start(self, games: Iterable[int]) -> None:
        """Starts the next episodes in these games, as far as there are any."""
        for game in games:
            number, episode = next(self.waiting, (0, None))
            if episode is None:
                return
            self.agent.reset([game], [episode.seed])
            self.playing[game] = Rollout(episode, number, self.player)
            self.pool.reset(game, episode.seed, episode.options())
            self.submitted.add(game)

    def turn(self, games: Iterable[int]) -> list[Rollout]:
        """Collects these games' answers, restarts those that are done and acts in the others; returns the done."""
        over: list[int] = []
        ready: list[int] = []
        for game in games:
            if game in self.playing:
                (over if self._collect(game) else ready).append(game)
        done = [self.playing.pop(game) for game in over]
        self.start(over)  # they load while the network works
        if ready:
            self._act(ready)
        return done

    def settle(self) -> None:
        """Waits for every submitted call, so that the pool can be used again."""
        for game in self.submitted:
            with suppress(Exception):  # if it failed, the first failure is under way to the caller already
                self.pool.wait(game)

    def _collect(self, game: int) -> bool:
        self.submitted.remove(game)
        rollout, transition = self.playing[game], self.pool.wait(game)
        rollout.crashed = transition.crashed
        rollout.info = transition.info
        rollout.episode_return += transition.reward
        return bool(transition.terminated or transition.truncated or transition.crashed)

    def _act(self, games: Sequence[int]) -> None:
        actions = self.agent.act(self.pool.observations[games], games)
        for game, action in zip(games, actions, strict=True):
            self.pool.step(game, action)  # all are off before anything is written down
            self.submitted.add(game)
        features, embeddings = self.agent.features.cpu(), self.agent.embeddings.cpu()
        for row, game in enumerate(games):
            self.playing[game].add(self.agent.images[row], actions[row], features[row], embeddings[row])
