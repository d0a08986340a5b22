"""Players by script: endless lists of games, each with a player of its own, given by a seed and a number."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from padzoo.core.episode import Episode
from padzoo.core.errors import GameCrashed
from padzoo.envs.game import Game
from padzoo.envs.island.plan import PADS
from padzoo.envs.player import Acted, Player
from padzoo.envs.players.scripted_player import Script
from padzoo.envs.rollout import Rollout

CRASHES: Final = 3  # a game that crashes this often crashes by what is played in it
ATTEMPTS: Final = 50  # of a player who nearly always reaches the pad: then it cannot be reached, in too few steps say


@dataclass(frozen=True, eq=False, kw_only=True)
class Play(Episode):
    """An episode with the one who plays it; its draw is the attempt.

    Args:
        index: Its number in its list.
        kind: The kind of player.
        script: The player, fresh.
        pad: The pad the player wants, or None.
        must_reach: Whether the episode is only worth keeping if it ends on that pad.
    """

    index: int
    kind: str
    script: Script
    pad: str | None
    must_reach: bool = False


class Scripts(Player):
    """Plays an endless list of episodes in which each, and who plays it, depends on its number alone.

    Args:
        draw: Makes the episode of a number (from 0) and an attempt (0; 1 if attempt 0 failed; and so on).
        args: Arguments of the game that these episodes are made for.
    """

    def __init__(self, draw: Callable[[int, int], Play], args: Mapping[str, Any] | None = None) -> None:
        self.draw = draw
        self.args = dict(args or {})
        self._scripts: dict[int, Script] = {}  # by row
        self._crashes: Counter[tuple[int, int]] = Counter()

    def __getitem__(self, index: int) -> Play:
        return self.draw(index, 0)

    def __iter__(self) -> Iterator[Play]:
        return map(self.__getitem__, count())

    def on(self, game: Game) -> Game:
        """Returns a game as these episodes need it.

        Args:
            game: The game.

        Raises:
            ValueError: If it is set to be another one.
        """
        if game.options and game.options != replace(game, options=None).starts:
            raise ValueError(f"options {game.options}: the players choose them; allowed: none, or a player of your own")
        for name, value in self.args.items():
            if game.args.get(name, value) != value:
                raise ValueError(f"env_args {name} {game.args[name]!r}: the player sets it; allowed: {value!r}")
        return replace(game, args={**game.args, **self.args})

    def reset(self, rows: Sequence[int], episodes: Sequence[Episode]) -> None:
        """Starts episodes of the list; see `Player.reset`."""
        self._scripts |= {row: _play(episode).script for row, episode in zip(rows, episodes, strict=True)}

    def act(self, frames: NDArray[np.uint8], rows: Sequence[int], infos: Sequence[Mapping[str, Any]] = ()) -> Acted:
        """Asks each game's script; see `Player.act`."""
        return Acted(np.stack([self._scripts[row].act(info) for row, info in zip(rows, infos, strict=True)]))

    def about(self, episode: Episode) -> dict[str, Any]:
        """Returns the player's kind and the pad that it wanted, or None."""
        play = _play(episode)
        return {"player": play.kind, "pad": play.pad}

    def again(self, rollout: Rollout) -> Episode | None:
        """Repeats an episode that crashed, with the same player, and one that missed its pad, with the next.

        Raises:
            GameCrashed: If a game crashes three times in a row.
            ValueError: If an episode that must reach its pad does not in 50 attempts.
        """
        play = _play(rollout.episode)
        what = f"game {play.index} (seed {play.start.seed})"
        if rollout.crashed:
            self._crashes[play.index, play.draw] += 1
            if self._crashes[play.index, play.draw] == CRASHES:
                raise GameCrashed(f"{what} crashed {CRASHES} times in a row")
            return self.draw(play.index, play.draw)
        if not play.must_reach or rollout.outcome == play.pad:
            return None
        if play.draw + 1 == ATTEMPTS:
            raise ValueError(
                f"{what}: the {play.pad} pad was not reached in {ATTEMPTS} attempts; allowed: env_args with a "
                "max_steps that suffices, 100 by default"
            )
        return self.draw(play.index, play.draw + 1)


def check_pad(pad: str | None) -> None:
    """Refuses a pad that is not on the island.

    Args:
        pad: A pad's name, or None for any.

    Raises:
        ValueError: If there is no such pad.
    """
    if pad is not None and pad not in PADS:
        raise ValueError(f"pad {pad!r}: allowed {', '.join(PADS)}")


def _play(episode: Episode) -> Play:
    assert isinstance(episode, Play), "scripts play the episodes of their own list"
    return episode
