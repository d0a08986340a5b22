"""Recorded numbers as gamepad actions."""

from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from padzoo.core.gamepad import AXES, BUCKETS, BUTTONS, buckets

Sticks = Literal["buckets", "unit", "int16"]
RANGES: Final[dict[Sticks, tuple[int, int]]] = {
    "buckets": (0, BUCKETS - 1),
    "unit": (-1, 1),
    "int16": (-(2**15), 2**15 - 1),
}


def gamepad_actions(values: NDArray[Any], sticks: Sticks, source: str) -> NDArray[np.int8]:
    """Turns recorded numbers into gamepad actions.

    A button is down from 0.5 on; a deflection goes to its bucket as `padzoo.core.gamepad.buckets` says.

    Args:
        values: 12 buttons, then left x, left y, right x and right y, `(T, 16)`.
        sticks: What a stick's number is: a bucket, 0 to 10; its deflection, -1 to 1; or that, -32768 to 32767.
        source: The file, for messages.

    Returns:
        Gamepad actions, int8 `(T, 16)`.

    Raises:
        ValueError: If the shape or a value does not fit.
    """
    if values.ndim != 2 or values.shape[1] != len(BUTTONS) + len(AXES) or values.dtype.kind not in "fiu":
        raise ValueError(f"{source}: actions are {values.dtype} {values.shape}; allowed: numbers (T, 16)")
    buttons, axes = values[:, : len(BUTTONS)].astype(np.float64), values[:, len(BUTTONS) :].astype(np.float64)
    low, high = RANGES[sticks]
    outside = ~((buttons >= 0) & (buttons <= 1)).all() or ~((axes >= low) & (axes <= high)).all()
    if outside or (sticks == "buckets" and (axes % 1 != 0).any()):
        allowed = f"{low} to {high}{', whole' if sticks == 'buckets' else ''}"
        raise ValueError(f"{source}: a button is outside 0 to 1, or a stick is not {allowed} (--sticks {sticks})")
    if sticks == "int16":
        axes = np.where(axes < 0, axes / -low, axes / high)  # both ends are full deflections
    return np.concatenate([buttons >= 0.5, axes if sticks == "buckets" else buckets(axes)], axis=1).astype(np.int8)
