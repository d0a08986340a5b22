"""Reducing a picture by area: each new pixel is the mean of exactly the part of the old picture that it covers."""

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.unsignedinteger[Any]]
Taps = list[tuple[NDArray[np.intp], NDArray[np.int64]]]


def _taps(old: int, new: int) -> tuple[Taps, int]:
    """Which old pixels lie under each new one and how much of each, in whole parts; the parts of a new pixel."""
    divisor = math.gcd(old, new)
    whole, parts = new // divisor, old // divisor  # an old pixel is `whole` parts wide, a new one `parts`
    edges = np.arange(new + 1) * parts
    first = edges[:-1] // whole
    taps = []
    for offset in range(int((-(-edges[1:] // whole) - first).max())):
        pixel = first + offset
        covered = np.minimum(edges[1:], (pixel + 1) * whole) - np.maximum(edges[:-1], pixel * whole)
        taps.append((np.minimum(pixel, old - 1), np.maximum(covered, 0)))
    return taps, parts


class AreaReduction:
    """Reduces (or enlarges) pictures of one shape to a square, exactly: in whole numbers, rounded once.

    One thread at a time.

    Args:
        height: Rows of the old picture.
        width: Columns of the old picture.
        size: Rows and columns of the new one.
    """

    def __init__(self, height: int, width: int, size: int) -> None:
        rows, row_parts = _taps(height, size)
        columns, column_parts = _taps(width, size)
        self._parts: Final = row_parts * column_parts
        # 320 x 240 to 128 or 64 has 75 parts: sums stay below 2^16, and 16-bit arithmetic is twice as fast as 32-bit.
        kind: type[np.unsignedinteger[Any]] = np.uint16 if 256 * self._parts < 2**16 else np.uint64
        # Working memory is kept: fresh arrays of this size would cost more in page faults than the arithmetic.
        self._passes: Final = []
        shape = [3, height, width]
        for axis, taps in ((1, rows), (2, columns)):
            old = np.uint8 if axis == 1 else kind
            shape[axis] = size
            column = (-1, 1) if axis == 1 else (-1,)
            weighted = [(pixel, weight.astype(kind).reshape(column)) for pixel, weight in taps]
            self._passes.append((axis, weighted, np.empty(shape, old), np.empty(shape, kind), np.empty(shape, kind)))

    def __call__(self, planes: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Reduces one picture.

        Args:
            planes: Its colour planes `(3, height, width)`.

        Returns:
            The small picture, `(size, size, 3)`, a new array.
        """
        out: Pixels = planes
        for axis, taps, picked, product, total in self._passes:
            total.fill(self._parts // 2 if axis == 2 else 0)  # half a new pixel, so that the division rounds
            for pixel, weight in taps:
                np.take(out, pixel, axis, out=picked, mode="clip")  # clip: no bounds to check, no copy for errors
                np.multiply(picked, weight, out=product)
                total += product
            out = total
        out //= out.dtype.type(self._parts)
        return out.transpose(1, 2, 0).astype(np.uint8, order="C")
