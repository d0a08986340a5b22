"""Who holds the gamepads: scripts, agents and people, by one interface."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from padzoo.core.episode import Episode
from padzoo.envs.rollout import Rollout


@dataclass(frozen=True, eq=False)
class Acted:
    """What a player did in some games, and what it computed on the way.

    Args:
        actions: Gamepad actions, int64 `(n, 16)`.
        images: What it saw as the codec stores it, n images; None where it looked at the frames as they are.
        notes: What it wants to keep of each game's step, n of anything; None for nothing.
    """

    actions: NDArray[np.int64]  # (n, 16)
    images: Sequence[bytes] | None = None
    notes: Sequence[Any] | None = None


class Player(ABC):
    """Plays many games at once, each its own row.

    Attributes:
        turns: Into how many groups the games are divided: with 2, one group steps while the player thinks about the
            other; with 1 there are more games to a call of `act`, for a player whose calls cost more than their rows.
    """

    turns: int = 2

    def reset(self, rows: Sequence[int], episodes: Sequence[Episode]) -> None:  # noqa: B027 - most remember nothing
        """Starts episodes.

        Args:
            rows: The games that start one, each at least 0.
            episodes: What starts there.
        """

    @abstractmethod
    def act(self, frames: NDArray[np.uint8], rows: Sequence[int], infos: Sequence[Mapping[str, Any]] = ()) -> Acted:
        """Chooses the next action of some games.

        Args:
            frames: What they show now, uint8 `(n, S, S, 3)`.
            rows: The games, all different, each reset before.
            infos: What they say of themselves now, n of them: privileged, for scripts.
        """

    def about(self, episode: Episode) -> dict[str, Any]:
        """Returns what a recording says of the player: at least its name, `player`; plain JSON values.

        Args:
            episode: The episode that is over.
        """
        return {"player": type(self).__name__.lower()}

    def again(self, rollout: Rollout) -> Episode | None:
        """Returns what to play in place of an episode that is not worth keeping; None keeps it.

        Args:
            rollout: The episode as it was played; it may have crashed.
        """
        return None
