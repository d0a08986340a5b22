"""Reducing a picture by area: each new pixel is the mean of exactly the part of the old picture that it covers."""

import math
from collections.abc import Callable
from typing import Any, Final

import numba
import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]
Bytes = NDArray[np.uint8]

_BITS: Final = 21  # three colours share a word of 64 bits: adding words adds all three at once
_MOST: Final = 2**_BITS // 256  # parts of a new pixel, so that their sum fits
_SHIFTS: Final = np.array([0, _BITS, 2 * _BITS], np.uint64)
_POINT: Final = 40  # x // parts is x * (2^40 // parts + 1) >> 40, exactly, for x below 2^21 and parts up to 2^13


def _native(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compiles a function to code that other threads run Python beside, once a machine: a second or two."""
    options = {"nogil": True, "error_model": "numpy"}
    try:
        compiled = numba.njit(function, cache=True, **options)
    except RuntimeError:  # neither beside the source nor in the user's cache may be written: once a process
        compiled = numba.njit(function, **options)
    return compiled  # type: ignore[no-any-return]


@_native
def _reduce(
    planes: Bytes, tables: Words, top: Words, rows: Words, left: Words, columns: Words, parts: int
) -> Bytes:
    """Reduces planes `(C, H, W)`, whose tables `(C, 256)` give each value's share of a word, to colours `(S, S, 3)`.

    Indices are unsigned: signed ones may count from the end, which would be looked after at each.
    """
    new = np.empty((len(top), len(left), 3), np.uint8)
    row, line = np.empty(planes.shape[2], np.uint64), np.empty(planes.shape[2], np.uint64)
    held = np.uint64(planes.shape[1])  # which row of the old picture `row` is; none yet
    mask, factor = np.uint64((1 << _BITS) - 1), np.uint64((1 << _POINT) // parts + 1)
    half = np.uint64(parts // 2)  # of a new pixel, so that the division rounds
    start = half | half << np.uint64(_BITS) | half << np.uint64(2 * _BITS)
    for y in range(len(top)):
        line[:] = 0
        for k in range(rows.shape[1]):
            wanted, weight = top[y] + np.uint64(k), rows[y, k]
            if weight == 0:
                continue
            if wanted != held:  # the last row under a new pixel is often the first under the next
                held = wanted
                for x in range(len(row)):
                    row[x] = tables[0, planes[0, held, x]]
                for c in range(1, len(planes)):
                    for x in range(len(row)):
                        row[x] += tables[c, planes[c, held, x]]
            for x in range(len(line)):
                line[x] += row[x] * weight
        for x in range(len(left)):
            total = start
            for k in range(columns.shape[1]):
                total += line[left[x] + np.uint64(k)] * columns[x, k]
            new[y, x, 0] = (total & mask) * factor >> np.uint64(_POINT)
            new[y, x, 1] = (total >> np.uint64(_BITS) & mask) * factor >> np.uint64(_POINT)
            new[y, x, 2] = (total >> np.uint64(2 * _BITS)) * factor >> np.uint64(_POINT)
    return new


def _shares(old: int, new: int) -> tuple[Words, Words, int]:
    """How new pixels cover old ones.

    Returns:
        The first old pixel under each new one, `(new,)`; how much of that one and of each next lies under it, in whole
        parts, `(new, K)`; and the parts of a new pixel.
    """
    divisor = math.gcd(old, new)
    whole, parts = new // divisor, old // divisor  # an old pixel is `whole` parts wide, a new one `parts`
    edges = np.arange(new + 1) * parts
    first = edges[:-1] // whole
    count = int((-(-edges[1:] // whole) - first).max())
    first = np.minimum(first, old - count)
    pixel = first[:, None] + np.arange(count)
    covered = np.minimum(edges[1:, None], (pixel + 1) * whole) - np.maximum(edges[:-1, None], pixel * whole)
    return first.astype(np.uint64), np.maximum(covered, 0).astype(np.uint64), parts


def _matrix(first: Words, shares: Words, old: int) -> NDArray[np.float64]:
    """Writes shares as a matrix, `(new, old)`."""
    matrix = np.zeros((len(first), old))
    columns = first.astype(np.intp)[:, None] + np.arange(shares.shape[1])
    matrix[np.arange(len(first))[:, None], columns] = shares
    return matrix


class AreaReduction:
    """Reduces (or enlarges) pictures of one shape to a square, exactly: in whole numbers, rounded once, halves up.

    Any number of threads at a time; other threads run Python meanwhile.

    Args:
        height: Rows of the old picture.
        width: Columns of the old picture.
        size: Rows and columns of the new one.
        palette: The colours, `(256, 3)`, of which old pictures hold the indices; None if they hold colours.
    """

    def __init__(self, height: int, width: int, size: int, palette: Bytes | None = None) -> None:
        top, rows, row_parts = _shares(height, size)
        left, columns, column_parts = _shares(width, size)
        self._palette: Final = palette
        self._parts: Final = row_parts * column_parts
        self._shares: Final = (top, rows, left, columns, self._parts)
        self._matrices: Final = (_matrix(top, rows, height), _matrix(left, columns, width).T)
        values = np.arange(256, dtype=np.uint64)[:, None].repeat(3, axis=1) if palette is None else palette
        words = (values.astype(np.uint64) << _SHIFTS).T  # (3, 256)
        self._tables: Final = np.ascontiguousarray(words if palette is None else words.sum(axis=0, keepdims=True))

    def __call__(self, picture: Bytes) -> Bytes:
        """Reduces one picture.

        Args:
            picture: Its colour planes `(3, height, width)`; its indices `(height, width)` where there is a palette.

        Returns:
            The small picture, `(size, size, 3)`, a new array.
        """
        if self._parts > _MOST:  # of a size that hardly divides the other
            return self._reduce_matrix(picture if self._palette is None else self._palette[picture].transpose(2, 0, 1))
        planes = picture if self._palette is None else picture[None]
        return np.asarray(_reduce(planes, self._tables, *self._shares))

    def _reduce_matrix(self, planes: Bytes) -> Bytes:
        rows, columns = self._matrices
        sums = (rows @ planes.astype(np.float64) @ columns).astype(np.int64)  # exact: whole numbers below 2^53
        return ((sums + self._parts // 2) // self._parts).transpose(1, 2, 0).astype(np.uint8, order="C")
