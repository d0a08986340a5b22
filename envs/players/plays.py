"""What is to be played: endless lists of games, each with its player, given by a seed and a number."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

from padzoo.envs.island.plan import PADS
from padzoo.envs.players.runner import Player


@dataclass(frozen=True, eq=False)
class Play:
    """One game to be played.

    Args:
        index: Its number in its list.
        kind: The kind of player.
        player: The player, fresh.
        seed: The episode's seed.
        options: The episode's options: `spawn` and `character`.
        pad: The pad the player wants, or None.
        must_reach: Whether the game is only worth keeping if it ends on that pad.
    """

    index: int
    kind: str
    player: Player
    seed: int
    options: dict[str, Any]
    pad: str | None
    must_reach: bool = False


class Plays:
    """An endless list of games in which each depends on its number alone.

    Args:
        draw: Makes the game of a number (from 0) and an attempt (0; 1 if attempt 0 failed; and so on).
    """

    def __init__(self, draw: Callable[[int, int], Play]) -> None:
        self.draw = draw

    def __getitem__(self, index: int) -> Play:
        return self.draw(index, 0)

    def __iter__(self) -> Iterator[Play]:
        return map(self.__getitem__, count())


def check_pad(pad: str | None) -> None:
    """Refuses a pad that is not on the island.

    Args:
        pad: A pad's name, or None for any.

    Raises:
        ValueError: If there is no such pad.
    """
    if pad is not None and pad not in PADS:
        raise ValueError(f"pad {pad!r}: allowed {', '.join(PADS)}")
