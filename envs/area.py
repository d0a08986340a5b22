"""Reducing a picture by area: each new pixel is the mean of exactly the part of the old picture that it covers."""

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
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

_compiled_for: Final[set[tuple[bool, ...]]] = set()  # layouts of planes


def _native(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compiles a function, which takes seconds once a machine; other threads run Python beside it."""
    try:
        compiled: Callable[..., Any] = numba.njit(function, cache=True, nogil=True, error_model="numpy")
    except RuntimeError:  # neither beside this file nor in the user's cache may be written: once a process
        compiled = numba.njit(function, nogil=True, error_model="numpy")
    return compiled


# Indices below are unsigned: signed ones may count from the end, which compiled code looks after at each.


@_native
def _read(planes: Bytes, tables: Words, y: np.uint64, row: Words) -> None:
    """Reads one row of planes `(C, H, W)` as words; `tables`, `(C, 256)`, give each value's share of a word."""
    for x in range(len(row)):
        row[x] = tables[0, planes[0, y, x]]
    for c in range(1, len(planes)):
        for x in range(len(row)):
            row[x] += tables[c, planes[c, y, x]]


@_native
def _narrow(line: Words, sums: Words, ends: Words, width: int, parts: int, new: Bytes) -> None:
    """Reduces a line of words, whose last one is 0, to colours `(S, 3)`.

    A new pixel is the difference of two running sums, up to its end and up to the end of the one before; an old pixel
    is `width` parts wide. Sums may overflow their words: the differences come out right.
    """
    mask, factor = np.uint64((1 << _BITS) - 1), np.uint64((1 << _POINT) // parts + 1)
    half = np.uint64(parts // 2)  # of a new pixel, so that the division rounds
    start = half | half << np.uint64(_BITS) | half << np.uint64(2 * _BITS)
    for x in range(len(sums) - 1):
        sums[x + 1] = sums[x] + line[x] * np.uint64(width)
    last = np.uint64(0)
    for x in range(len(ends)):
        end = sums[ends[x, 0]] + line[ends[x, 0]] * ends[x, 1]
        total = start + end - last
        last = end
        new[x, 0] = (total & mask) * factor >> np.uint64(_POINT)
        new[x, 1] = (total >> np.uint64(_BITS) & mask) * factor >> np.uint64(_POINT)
        new[x, 2] = (total >> np.uint64(2 * _BITS)) * factor >> np.uint64(_POINT)


@_native
def _reduce(planes: Bytes, tables: Words, top: Words, rows: Words, ends: Words, width: int, parts: int) -> Bytes:
    """Reduces planes to colours `(S, S, 3)`: rows are added up by their shares, `top` and `rows`, then narrowed."""
    new = np.empty((len(top), len(ends), 3), np.uint8)
    row = np.empty(planes.shape[2], np.uint64)
    line, sums = np.empty(len(row) + 1, np.uint64), np.zeros(len(row) + 1, np.uint64)
    held = np.uint64(planes.shape[1])  # which row of the old picture `row` is; none yet
    for y in range(len(top)):
        line[:] = 0
        for k in range(rows.shape[1]):
            wanted, weight = top[y] + np.uint64(k), rows[y, k]
            if weight == 0:
                continue
            if wanted != held:  # the last row under a new pixel is often the first under the next
                _read(planes, tables, wanted, row)
                held = wanted
            for x in range(len(row)):
                line[x] += row[x] * weight
        _narrow(line, sums, ends, width, parts, new[y])
    return new


def _parts(old: int, new: int) -> tuple[int, int]:
    """Into how many parts to cut an old pixel, and a new one, so that all borders lie between parts."""
    divisor = math.gcd(old, new)
    return new // divisor, old // divisor


def _ends(old: int, new: int) -> Words:
    """In which old pixel each new one ends, and after how many of its parts, `(new, 2)`."""
    whole, parts = _parts(old, new)
    return np.stack(np.divmod(np.arange(1, new + 1) * parts, whole), axis=1).astype(np.uint64)


def _shares(old: int, new: int) -> tuple[Words, Words]:
    """The first old pixel under each new one, `(new,)`, and how many parts of it and of the next, `(new, K)`."""
    whole, parts = _parts(old, new)
    edges = np.arange(new + 1) * parts
    first = edges[:-1] // whole
    count = int((-(-edges[1:] // whole) - first).max())
    first = np.minimum(first, old - count)
    pixel = first[:, None] + np.arange(count)
    covered = np.minimum(edges[1:, None], (pixel + 1) * whole) - np.maximum(edges[:-1, None], pixel * whole)
    return first.astype(np.uint64), np.maximum(covered, 0).astype(np.uint64)


def _matrix(old: int, new: int) -> NDArray[np.float64]:
    """How many parts of each old pixel lie under each new one, `(new, old)`."""
    first, shares = _shares(old, new)
    matrix = np.zeros((new, old))
    columns = first.astype(np.intp)[:, None] + np.arange(shares.shape[1])
    matrix[np.arange(new)[:, None], columns] = shares
    return matrix


def check_size(size: int) -> int:
    """Returns the rows and columns of a picture to make.

    Args:
        size: As somebody has given it.

    Raises:
        ValueError: If there is no such picture.
    """
    if size < 1:
        raise ValueError(f"size {size}: allowed: 1 or more pixels")
    return size


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
        (_, high), (column, wide) = _parts(height, size), _parts(width, size)
        self._palette: Final = palette
        self._parts: Final = high * wide
        self._shares: Final = (*_shares(height, size), _ends(width, size), column, self._parts)
        self._matrices: Final = (_matrix(height, size), _matrix(width, size).T)
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
        layout = (planes.flags.c_contiguous, planes.flags.f_contiguous, planes.flags.writeable)
        if layout not in _compiled_for:
            with ThreadPoolExecutor(1) as aside:  # a Ctrl-C in a callback of the compiler's would be lost
                aside.submit(_reduce, planes, self._tables, *self._shares).result()
            _compiled_for.add(layout)
        return np.asarray(_reduce(planes, self._tables, *self._shares))

    def _reduce_matrix(self, planes: Bytes) -> Bytes:
        rows, columns = self._matrices
        sums = (rows @ planes.astype(np.float64) @ columns).astype(np.int64)  # exact: whole numbers below 2^53
        return ((sums + self._parts // 2) // self._parts).transpose(1, 2, 0).astype(np.uint8, order="C")
