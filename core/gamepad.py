"""The gamepad: the one action schema of every environment, shard and checkpoint."""

from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from gymnasium.spaces import MultiDiscrete

SCHEMA: Final = "gamepad-v1"
RATE: Final = 10  # steps a second of every policy
BUTTONS: Final = (
    "a",
    "b",
    "x",
    "y",
    "left_shoulder",
    "right_shoulder",
    "left_trigger",
    "right_trigger",
    "left_thumb",
    "right_thumb",
    "dpad_up",
    "dpad_down",
)
AXES: Final = ("left_x", "left_y", "right_x", "right_y")  # positive is right and up (left_y: forwards)
BUCKETS: Final = 11  # buckets an axis: 0 is full left or down, 10 full right or up
CENTER: Final = 5
COMPONENTS: Final = BUTTONS + AXES
SIZES: Final = (2,) * len(BUTTONS) + (BUCKETS,) * len(AXES)  # choices a component, 68 in all
NEUTRAL: Final = (0,) * len(BUTTONS) + (CENTER,) * len(AXES)


def action_space() -> "MultiDiscrete[np.int64]":
    """Returns the Gymnasium space of one gamepad action, `(16,)`."""
    from gymnasium.spaces import MultiDiscrete  # networks need the schema and not Gymnasium

    return MultiDiscrete(list(SIZES))


def buckets(deflections: NDArray[np.floating]) -> NDArray[np.int8]:
    """Puts stick deflections into buckets: the nearest of eleven, where bucket k stands for k / 5 - 1.

    What a bucket stands for comes back to it, and within 0.1 of its centre a stick is at rest.

    Args:
        deflections: Right and up are positive, each -1 to 1, `(...)`.

    Returns:
        Buckets 0 to 10, `(...)`.
    """
    return np.asarray(np.floor((deflections + 1) * CENTER + 0.5), dtype=np.int8)


def is_noop(actions: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Tells which actions press nothing and hold both sticks at the centre.

    Args:
        actions: Gamepad actions, `(..., 16)`.

    Returns:
        True where the whole action is neutral, `(...)`.
    """
    return np.asarray((actions == np.asarray(NEUTRAL)).all(axis=-1))


def check_schema(found: object, source: str) -> None:
    """Refuses data or weights that were made for another action schema.

    Args:
        found: The schema's name as stored.
        source: The file or folder that it was read from, for the message.

    Raises:
        ValueError: If `found` is not this schema.
    """
    if found != SCHEMA:
        raise ValueError(f"{source}: action schema {found!r} is not supported; allowed: {SCHEMA!r}")
