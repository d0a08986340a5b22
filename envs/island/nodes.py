"""A map's binary space partition, which the engine would else work out anew at the start of each episode."""

import struct
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from padzoo.envs.island.udmf import Point, Region, borders, corners

Segments = NDArray[np.float64]  # (N, 6): start and end in map units, line, side

_NEAR: Final = 0.01  # map units within which a point lies on a line: new corners are rounded to 2^-16
_SPLIT: Final = 8  # what cutting a segment counts, where one segment more on one side than the other counts 1
_LEAF: Final = 1 << 31
_NONE: Final = 0xFFFFFFFF  # no line: a gap that is closed; no partner: nobody asks for it


def _segments(regions: Sequence[Region]) -> Segments:
    """Every side of every line, its own region on its right."""
    found = []
    for number, (_, back, start, end) in enumerate(borders(regions)):
        found.append((*start, *end, number, 0))
        if back >= 0:
            found.append((*end, *start, number, 1))
    return np.array(found, np.float64)


def _offsets(segments: Segments, cutter: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far both ends of segments lie to the left of a cutter's line, `(N, 2)`; 0 is on it."""
    x, y, dx, dy = cutter[0], cutter[1], cutter[2] - cutter[0], cutter[3] - cutter[1]
    ends = segments[:, :4].reshape(-1, 2, 2)
    offsets = (dx * (ends[..., 1] - y) - dy * (ends[..., 0] - x)) / np.hypot(dx, dy)
    return np.asarray(np.where(np.abs(offsets) < _NEAR, 0, offsets))


def _sides(segments: Segments, cutter: NDArray[np.float64]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which segments reach to the right of a cutter's line and which to the left; those on it lie as they face."""
    offsets = _offsets(segments, cutter)
    along = (segments[:, 2:4] - segments[:, :2]) @ (cutter[2:4] - cutter[:2]) > 0
    on = (offsets == 0).all(axis=1)
    return (offsets < 0).any(axis=1) | on & along, (offsets > 0).any(axis=1) | on & ~along


def _choose(segments: Segments) -> NDArray[np.float64] | None:
    """Returns the segment whose line cuts few others and halves them well; None if they bound a convex cell."""
    best, choice = np.inf, None
    for cutter in segments[np.unique(segments[:, 4], return_index=True)[1]]:
        right, left = _sides(segments, cutter)
        cost = _SPLIT * (right & left).sum() + abs(int(right.sum()) - int(left.sum()))
        if left.any() and right.any() and cost < best:
            best, choice = cost, cutter
    return choice


def _cut(segments: Segments, cutter: NDArray[np.float64]) -> tuple[Segments, Segments]:
    """Returns what lies right of a cutter's line and what lies left; segments that cross it are cut in two."""
    right, left = _sides(segments, cutter)
    crossing = segments[right & left]
    a, b = _offsets(crossing, cutter).T
    middle = crossing[:, :2] + (a / (a - b))[:, None] * (crossing[:, 2:4] - crossing[:, :2])
    middle = np.round(middle * 65536) / 65536
    heads, tails = crossing.copy(), crossing.copy()
    heads[:, 2:4] = tails[:, :2] = middle
    return (
        np.concatenate([segments[right & ~left], np.where((a < 0)[:, None], heads, tails)]),
        np.concatenate([segments[left & ~right], np.where((a < 0)[:, None], tails, heads)]),
    )


class Nodes:
    """Builds the partition of a map.

    Args:
        regions: What the map is made of, as `udmf.textmap` has them.
    """

    def __init__(self, regions: Sequence[Region]) -> None:
        self._corners: dict[Point, int] = {corner: index for index, corner in enumerate(corners(regions))}
        self._given = len(self._corners)
        self._leaves: list[list[tuple[int, int, int]]] = []  # of (corner, line, side)
        self._nodes: list[bytes] = []
        self._build(_segments(regions))

    def lump(self) -> bytes:
        """Returns the `ZNODES` lump, in the engine's format `XGL3`."""
        added = list(self._corners)[self._given :]
        parts = [b"XGL3", struct.pack("<II", self._given, len(added))]
        parts += [struct.pack("<ii", *(round(value * 65536) for value in corner)) for corner in added]
        parts += [struct.pack("<I", len(self._leaves)), *(struct.pack("<I", len(leaf)) for leaf in self._leaves)]
        parts += [struct.pack("<I", sum(map(len, self._leaves)))]
        for leaf in self._leaves:
            parts += [struct.pack("<IIIB", corner, _NONE, line, side) for corner, line, side in leaf]
        return b"".join([*parts, struct.pack("<I", len(self._nodes)), *self._nodes])

    def _build(self, segments: Segments) -> int:
        """Partitions some segments; returns the number of their node, or of their leaf with the top bit set."""
        cutter = _choose(segments)
        if cutter is None:
            self._leaves.append(self._leaf(segments))
            return _LEAF | len(self._leaves) - 1
        halves = _cut(segments, cutter)
        children = [self._build(half) for half in halves]
        x, y, dx, dy = cutter[0], cutter[1], cutter[2] - cutter[0], cutter[3] - cutter[1]
        line = struct.pack("<4i", *(round(value * 65536) for value in (x, y, dx, dy)))
        boxes = [struct.pack("<4h", *_box(half)) for half in halves]
        self._nodes.append(b"".join([line, *boxes, struct.pack("<2I", *children)]))
        return len(self._nodes) - 1

    def _leaf(self, segments: Segments) -> list[tuple[int, int, int]]:
        """Orders a convex cell's segments clockwise, and closes the gaps between them."""
        run = segments[:, 2:4] - segments[:, :2]
        turn = -np.arctan2(run[:, 1], run[:, 0]).round(6)
        along = (segments[:, :2] * run).sum(axis=1) / np.hypot(*run.T)
        ring = segments[np.lexsort((along, turn))]
        found = []
        for segment, following in zip(ring, np.roll(ring, -1, axis=0), strict=True):
            found.append((self._corner(segment[:2]), int(segment[4]), int(segment[5])))
            end = self._corner(segment[2:4])
            if end != self._corner(following[:2]):
                found.append((end, _NONE, 0))
        return found

    def _corner(self, place: NDArray[np.float64]) -> int:
        return self._corners.setdefault((float(place[0]), float(place[1])), len(self._corners))


def _box(segments: Segments) -> tuple[int, int, int, int]:
    """Returns the greatest y, the least y, the least x and the greatest x, rounded outwards."""
    xs, ys = segments[:, [0, 2]], segments[:, [1, 3]]
    return int(np.ceil(ys.max())), int(np.floor(ys.min())), int(np.floor(xs.min())), int(np.ceil(xs.max()))
