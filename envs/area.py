"""Reducing a picture by area: each new pixel is the mean of exactly the part of the old picture that it covers."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

Taps = list[tuple[NDArray[np.intp], NDArray[np.float32]]]


def _taps(old: int, new: int) -> Taps:
    """For each of the at most `ceil(old / new) + 1` old pixels under a new one: which it is, and its weight."""
    edges = np.arange(new + 1) * (old / new)
    first = np.floor(edges[:-1] + 1e-9).astype(np.intp)
    taps = []
    for offset in range(int(np.ceil(old / new)) + 1):
        pixel = first + offset
        covered = np.minimum(edges[1:], pixel + 1) - np.maximum(edges[:-1], pixel)
        if (covered > 1e-9).any():
            weight = np.clip(covered, 0, None) * (new / old)
            taps.append((np.minimum(pixel, old - 1), weight.astype(np.float32)))
    return taps


class AreaReduction:
    """Reduces (or enlarges) pictures of one shape to a square.

    Args:
        height: Rows of the old picture.
        width: Columns of the old picture.
        size: Rows and columns of the new one.
    """

    def __init__(self, height: int, width: int, size: int) -> None:
        self.size: Final = size
        self._rows = _taps(height, size)
        self._columns = _taps(width, size)

    def __call__(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Reduces one picture.

        Args:
            picture: `(height, width, 3)`.

        Returns:
            `(size, size, 3)`, rounded.
        """
        flat = picture.reshape(picture.shape[0], -1)
        rows = np.zeros((self.size, flat.shape[1]), np.float32)
        for pixel, weight in self._rows:
            rows += flat[pixel] * weight[:, None]
        rows = rows.reshape(self.size, -1, 3)
        out = np.full((self.size, self.size, 3), 0.5, np.float32)
        for pixel, weight in self._columns:
            out += rows[:, pixel] * weight[:, None]
        return out.astype(np.uint8)
