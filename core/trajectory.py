"""One trajectory of play: what was seen, what was pressed, and what is known about it."""

import re
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from padzoo.core.gamepad import SIZES

KEY: Final = re.compile(r"[a-z0-9_-]{1,80}")  # no dot: WebDataset takes all behind the first dot as the member's kind
Meta = dict[str, Any]  # plain JSON values


@dataclass(frozen=True)
class TrajectorySummary:
    """What preferences are made from: a trajectory without its frames.

    Args:
        key: The trajectory's name, unique in its set.
        length: Number of steps.
        meta: What is known about it: outcome, seed, player and so on.
    """

    key: str
    length: int
    meta: Meta


@dataclass(frozen=True, eq=False)
class Trajectory:
    """One episode as every stage of the pipeline sees it.

    Args:
        key: Name, unique in its set: 1 to 80 of a-z, 0-9, `_` and `-`.
        frames: Observations, uint8 `(T, H, W, 3)`; `frames[t]` is what was seen when `actions[t]` was chosen.
        actions: Gamepad actions, int8 `(T, 16)`.
        positions: x, y and heading in degrees, float32 `(T, 3)`, NaN where the game does not say; None for
            games without a position.
        meta: JSON values: at least `seed`, `outcome` and `player` when the game made them.

    Raises:
        ValueError: If a shape, type or value does not fit.
    """

    key: str
    frames: NDArray[np.uint8]  # (T, H, W, 3)
    actions: NDArray[np.int8]  # (T, 16)
    positions: NDArray[np.float32] | None  # (T, 3)
    meta: Meta

    def __post_init__(self) -> None:
        check_key(self.key)
        length, shape = len(self.actions), self.frames.shape
        if self.frames.dtype != np.uint8 or len(shape) != 4 or shape[-1] != 3 or shape[0] != length or not length:
            raise ValueError(
                f"trajectory {self.key!r}: frames are {self.frames.dtype} {shape}; allowed: uint8 ({length}, H, W, 3)"
            )
        check_actions(self.key, self.actions)
        if self.positions is not None and self.positions.shape != (length, 3):
            raise ValueError(
                f"trajectory {self.key!r}: positions are {self.positions.shape}; allowed: ({length}, 3) or None"
            )

    def __len__(self) -> int:
        return len(self.actions)

    @property
    def summary(self) -> TrajectorySummary:
        """The trajectory without its frames."""
        return TrajectorySummary(self.key, len(self), self.meta)


def check_key(key: str) -> None:
    """Refuses a name that could not be a tar member's.

    Args:
        key: A trajectory's name.

    Raises:
        ValueError: If it is not 1 to 80 of a-z, 0-9, `_` and `-`.
    """
    if not KEY.fullmatch(key):
        raise ValueError(f"trajectory {key!r}: a key is 1 to 80 of a-z, 0-9, _ and -")


def check_actions(key: str, actions: NDArray[np.int8]) -> None:
    """Refuses actions that the gamepad does not have.

    Args:
        key: The trajectory's name, for the message.
        actions: Gamepad actions, int8 `(T, 16)`.

    Raises:
        ValueError: If the shape, the type or a value does not fit.
    """
    if actions.dtype != np.int8 or actions.ndim != 2 or actions.shape[1] != len(SIZES):
        raise ValueError(
            f"trajectory {key!r}: actions are {actions.dtype} {actions.shape}; allowed: int8 (T, {len(SIZES)})"
        )
    check_range(actions, f"trajectory {key!r}")


def check_range(actions: NDArray[Any], where: str) -> None:
    """Refuses actions with a value that the gamepad does not have.

    Args:
        actions: Gamepad actions, whole numbers, `(..., 16)`.
        where: Whose they are, for the message.

    Raises:
        ValueError: If one has.
    """
    if (actions < 0).any() or (actions >= np.asarray(SIZES)).any():
        raise ValueError(f"{where}: an action is outside the gamepad; allowed: 0 to below {SIZES}")
