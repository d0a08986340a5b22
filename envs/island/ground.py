"""Where one can stand on the island."""

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from padzoo.envs.island.plan import FLOORS, PILLAR_RADIUS, PILLARS, pad_at
from padzoo.envs.island.udmf import Point

BODY: Final = 20.0  # a character is 16 wide to each side
_AROUND: Final = BODY * np.stack([np.cos(np.arange(8) * np.pi / 4), np.sin(np.arange(8) * np.pi / 4)], axis=1)
_LOW: Final = np.min([np.min(floor, axis=0) for floor in FLOORS], axis=0)
_HIGH: Final = np.max([np.max(floor, axis=0) for floor in FLOORS], axis=0)


def _within(points: NDArray[np.float64], polygon: ArrayLike) -> NDArray[np.bool_]:
    """Returns which points, `(N, 2)`, lie in a polygon, `(K, 2)`: a ray from them crosses it an odd number of times."""
    ends = np.asarray(polygon, dtype=np.float64)
    starts = np.roll(ends, 1, axis=0)
    x, y = points[:, :1], points[:, 1:]
    astride = (starts[:, 1] > y) != (ends[:, 1] > y)  # (N, K)
    rise = np.where(ends[:, 1] == starts[:, 1], 1.0, ends[:, 1] - starts[:, 1])  # a level edge is never astride
    cross = starts[:, 0] + (y - starts[:, 1]) / rise * (ends[:, 0] - starts[:, 0])
    return np.asarray((astride & (x < cross)).sum(axis=1) % 2 == 1)


def standable(points: ArrayLike) -> NDArray[np.bool_]:
    """Says of points whether a character can stand there, its body clear of every wall and pillar.

    Args:
        points: `(N, 2)` in map units.

    Returns:
        `(N,)`.
    """
    centres = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    rim = (centres[:, None] + _AROUND).reshape(-1, 2)
    floor = np.any([_within(rim, polygon) for polygon in FLOORS], axis=0).reshape(len(centres), -1).all(axis=1)
    gaps = np.linalg.norm(centres[:, None] - np.asarray(PILLARS), axis=-1)
    return np.asarray(floor & (gaps > PILLAR_RADIUS + BODY).all(axis=1))


def draw_place(rng: np.random.Generator) -> Point:
    """Draws a place to stand, evenly over the island but for its pads.

    Args:
        rng: Where it comes from.

    Returns:
        x and y in whole map units.
    """
    while True:
        x, y = rng.uniform(_LOW, _HIGH).round()
        if pad_at(x, y) == "none" and standable([(x, y)])[0]:
            return float(x), float(y)
