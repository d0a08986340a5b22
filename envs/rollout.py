"""One episode as it was played."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from padzoo.core.episode import Episode
from padzoo.core.record import Record
from padzoo.core.trajectory import Trajectory


@dataclass(frozen=True, eq=False)
class Rollout:
    """One episode as it was played, whoever played it.

    Args:
        episode: What was played.
        number: Its place among the episodes played.
        about: What the player says of itself.
        info: What the game said last.
        episode_return: Sum of the game's rewards.
        crashed: Whether the game died; then the episode is to be dropped (Appendix C.4).
        images: What was seen when each action was chosen, as the codec stores it, T of them.
        actions: Gamepad actions, int8 `(T, 16)`.
        positions: x, y in the game's units and heading in degrees at each step, float32 `(T, 3)`, NaN where the game
            does not say; None if it never says a place.
        notes: What the player kept of each step, T of anything; empty if nothing.
    """

    episode: Episode
    number: int
    about: Mapping[str, Any]
    info: Mapping[str, Any] = field(default_factory=dict)
    episode_return: float = 0.0
    crashed: bool = False
    images: Sequence[bytes] = ()
    actions: NDArray[np.int8] = field(default_factory=lambda: np.zeros((0, 16), np.int8))  # (T, 16)
    positions: NDArray[np.float32] | None = None  # (T, 3)
    notes: Sequence[Any] = ()

    def __len__(self) -> int:
        return len(self.actions)

    @property
    def length(self) -> int:
        """Number of steps."""
        return len(self)

    @property
    def outcome(self) -> str:
        """How the game says that it ended; `none` where it says nothing."""
        return str(self.info.get("outcome", "none"))

    @property
    def record(self) -> Record:
        """The episode as it is stored, under the name `<number>-<seed>`."""
        return self.named(f"{self.number:06d}-{self.episode.start.seed}")

    @cached_property
    def trajectory(self) -> Trajectory:
        """The episode with its frames as they are stored."""
        return self.record.decode()

    def named(self, key: str) -> Record:
        """Returns the episode as it is stored, under a name of choice.

        Args:
            key: The name, unique in its set.
        """
        meta = {"seed": self.episode.start.seed, "outcome": self.outcome, **self.about}
        told = {name: self.info.get(name) for name in ("spawn", "character")}  # of another game it may be anything
        plain = {name: value.item() if isinstance(value, np.generic) else value for name, value in told.items()}
        meta |= {name: value for name, value in plain.items() if isinstance(value, int | str)}
        offsets = np.cumsum([0, *map(len, self.images)], dtype=np.uint32)
        return Record(key, b"".join(self.images), offsets, self.actions, self.positions, meta)
