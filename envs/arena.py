"""Where a game is played: it opens the games, plays, and closes them."""

import weakref
from collections.abc import Iterable, Iterator
from functools import partial
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from padzoo.core.episode import Episode
from padzoo.envs.game import Game
from padzoo.envs.game_pool import GamePool
from padzoo.envs.play import play
from padzoo.envs.player import Player
from padzoo.envs.rollout import Rollout


class Arena:
    """Plays one game, many times at once.

    Its games open when they are first needed, and close with `close`, at the end of a `with` block, or with the arena.

    Args:
        game: The game.
        size: Rows and columns of an observation: what the player sees.
        games: Games played at once.
    """

    def __init__(self, game: Game, size: int, games: int = 16) -> None:
        self.game = game
        self.size = size
        self.games = games
        self._pool: GamePool | None = None

    def open(self) -> GamePool:
        """Opens the games, if they are not open.

        Returns:
            The games.

        Raises:
            ValueError: If the game cannot be played.
        """
        if self._pool is None:
            self._pool = GamePool(partial(self.game.env, self.size), self.games, patience=self.game.patience)
            self._finalizer = weakref.finalize(self, self._pool.close)
        return self._pool

    @property
    def pool(self) -> GamePool:
        """The games, open."""
        return self.open()

    @property
    def outcomes(self) -> tuple[str, ...]:
        """How an episode of the game can end, failure first."""
        return self.pool.outcomes

    @property
    def outline(self) -> list[NDArray[np.floating]]:
        """What a map of the game shows, polygons `(K, 2)` in the game's units; empty if the game has none."""
        return self.pool.outline

    def play(self, player: Player, episodes: Iterable[Episode]) -> Iterator[Rollout]:
        """Plays episodes; see `padzoo.envs.play.play`.

        Args:
            player: Who plays.
            episodes: What to play; may be endless.
        """
        return play(player, self.pool, episodes)

    def close(self) -> None:
        """Ends the games; the next use opens them again."""
        if self._pool is not None:
            self._finalizer()
            self._pool = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
