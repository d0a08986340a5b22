import struct
from collections.abc import Iterator

import numpy as np
import pytest

from padzoo.envs.island.nodes import Nodes
from padzoo.envs.island.plan import LOOKS, regions
from padzoo.envs.island.udmf import Point, Region, borders, corners

NO_LINE = 0xFFFFFFFF


class Lump:
    """Reads a `ZNODES` lump as the engine does."""

    def __init__(self, data: bytes, plan: list[Region]) -> None:
        self.lines = borders(plan)
        self.rest = memoryview(data)
        assert bytes(self.rest[:4]) == b"XGL3"
        self.rest = self.rest[4:]
        given, added = self.take("<II")
        assert given == len(corners(plan))
        self.corners = [*corners(plan), *((x / 65536, y / 65536) for x, y in self.many("<ii", added))]
        lengths = [length for (length,) in self.many("<I", *self.take("<I"))]
        (total,) = self.take("<I")
        assert total == sum(lengths)
        self.leaves = [list(self.many("<IIIB", length)) for length in lengths]
        self.nodes = list(self.many("<4i8h2I", *self.take("<I")))
        assert not self.rest

    def take(self, form: str) -> tuple[int, ...]:
        size = struct.calcsize(form)
        found, self.rest = struct.unpack(form, self.rest[:size]), self.rest[size:]
        return found

    def many(self, form: str, count: int) -> Iterator[tuple[int, ...]]:
        return iter([self.take(form) for _ in range(count)])

    def leaf_at(self, point: Point) -> list[tuple[int, ...]]:
        child = len(self.nodes) - 1
        while not child & 1 << 31:
            node = self.nodes[child]
            x, y, dx, dy = (value / 65536 for value in node[:4])
            left = dx * (point[1] - y) - dy * (point[0] - x) > 0
            top, bottom, west, east = node[8:12] if left else node[4:8]
            child = node[13 if left else 12]
            self.inside = west <= point[0] <= east and bottom <= point[1] <= top
        return self.leaves[child & ~(1 << 31)]

    def region(self, leaf: list[tuple[int, ...]]) -> int:
        found = {
            self.lines[line].back if side else self.lines[line].front for _, _, line, side in leaf if line != NO_LINE
        }
        assert len(found) == 1, "a leaf lies in one region"
        return found.pop()


def innermost(plan: list[Region], point: Point) -> int:
    """The last region of a plan around a point: those within others come later."""

    def within(polygon: tuple[Point, ...]) -> bool:
        (x, y), crossings = point, 0
        for (ax, ay), (bx, by) in zip(polygon, [*polygon[1:], polygon[0]], strict=True):
            crossings += (ay > y) != (by > y) and x < ax + (y - ay) / (by - ay) * (bx - ax)
        return crossings % 2 == 1

    return max(index for index, region in enumerate(plan) if within(region.polygon))


@pytest.fixture(scope="module")
def lump() -> Lump:
    plan = regions("meadow")
    return Lump(Nodes(plan).lump(), plan)


def test_every_point_falls_into_a_leaf_of_its_own_region(lump: Lump) -> None:
    plan = regions("meadow")
    points = np.random.default_rng(0).uniform((-1000, -700), (1000, 2500), (2_000, 2))
    found = [lump.region(lump.leaf_at((float(x), float(y)))) for x, y in points]
    assert found == [innermost(plan, (float(x), float(y))) for x, y in points]


def test_leaves_are_convex_clockwise_and_hold_every_side_of_every_line(lump: Lump) -> None:
    length: dict[tuple[int, int], float] = {}
    for leaf in lump.leaves:
        ring = np.array([lump.corners[corner] for corner, *_ in leaf])
        assert leaf[0][2] != NO_LINE  # the engine reads a leaf's region from its first segment
        runs = np.roll(ring, -1, axis=0) - ring
        following = np.roll(runs, -1, axis=0)
        turns = runs[:, 0] * following[:, 1] - runs[:, 1] * following[:, 0]
        assert (turns <= 0.02 * np.hypot(*runs.T) + 0.02 * np.hypot(*following.T)).all()
        for (_, _, line, side), run in zip(leaf, runs, strict=True):
            if line != NO_LINE:
                length[line, side] = length.get((line, side), 0.0) + float(np.hypot(*run))
    wanted = {
        (number, side): float(np.hypot(*np.subtract(line.end, line.start)))
        for number, line in enumerate(lump.lines)
        for side in range(1 + (line.back >= 0))
    }
    assert length == pytest.approx(wanted, abs=0.05)


def test_all_looks_are_of_one_shape() -> None:
    shapes = {tuple(borders(regions(look))) for look in LOOKS}
    assert len(shapes) == 1
