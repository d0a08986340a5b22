"""Maps as data: flat regions become a UDMF text map, which the engine compiles itself."""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

Point = tuple[float, float]
Value = int | float | str | bool


@dataclass(frozen=True)
class Slope:
    """A floor that rises from an edge: `rise` units over the length of `along`, starting at `foot`."""

    foot: Point
    along: Point
    rise: float


@dataclass(frozen=True)
class Region:
    """One polygon of the map, everywhere at one height.

    Args:
        polygon: Its corners, either way round; edges may be shared with other regions.
        height: Height of its floor.
        floor: Texture of the floor.
        side: Texture of the steps up to it.
        parent: Index of the region that lies around it, -1 for the edge of the world.
        solid: Nobody crosses its border.
        bright: It and the steps up to it are lit fully, whatever the light of the map.
        slope: The floor's slope, if any.
        line: More properties of its border lines.
        sector: More properties of its sector.
    """

    polygon: tuple[Point, ...]
    height: int
    floor: str
    side: str
    parent: int = 0
    solid: bool = False
    bright: bool = False
    slope: Slope | None = None
    line: Mapping[str, Value] = field(default_factory=dict)
    sector: Mapping[str, Value] = field(default_factory=dict)


class Border(NamedTuple):
    """A line of the map: the regions on its right and its left, -1 for the edge of the world, and where it runs."""

    front: int
    back: int
    start: Point
    end: Point


@dataclass(frozen=True)
class Thing:
    """An actor of the map: its editor number, place, facing in degrees, and the skills (1 to 5) in which it exists."""

    number: int
    place: Point
    angle: int = 90
    skills: Sequence[int] = (1, 2, 3, 4, 5)


def _clockwise(polygon: Sequence[Point]) -> list[Point]:
    pairs = zip(polygon, [*polygon[1:], polygon[0]], strict=True)
    area = sum(ax * by - bx * ay for (ax, ay), (bx, by) in pairs)
    return list(polygon) if area < 0 else list(reversed(polygon))


def _between(point: Point, start: Point, end: Point) -> bool:
    (px, py), (ax, ay), (bx, by) = point, start, end
    cross = (bx - ax) * (py - ay) - (by - ay) * (px - ax)
    along = (px - ax) * (bx - ax) + (py - ay) * (by - ay)
    return abs(cross) < 1e-6 and 0 < along < (bx - ax) ** 2 + (by - ay) ** 2


@cache  # the island's 60 maps share their polygons
def _edges(polygon: tuple[Point, ...], corners: tuple[Point, ...]) -> list[tuple[Point, Point]]:
    """Splits a polygon's border wherever another region's corner lies on it, so that neighbours share whole edges."""
    edges: list[tuple[Point, Point]] = []
    ring = _clockwise(polygon)
    for start, end in zip(ring, [*ring[1:], ring[0]], strict=True):
        inner = [corner for corner in corners if _between(corner, start, end)]
        inner.sort(key=lambda corner: math.dist(corner, start))
        stops = [start, *inner, end]
        edges += itertools.pairwise(stops)
    return edges


def _block(kind: str, properties: Mapping[str, Value]) -> str:
    def text(value: Value) -> str:
        if isinstance(value, bool):
            return "true" if value else "false"
        return f'"{value}"' if isinstance(value, str) else f"{value}"

    return kind + "{" + "".join(f"{key}={text(value)};" for key, value in properties.items()) + "}\n"


def _plane(slope: Slope, height: int) -> dict[str, Value]:
    """The floor's plane a x + b y + c z + d = 0 with its normal up and of length one."""
    (fx, fy), (ax, ay) = slope.foot, slope.along
    gradient = slope.rise / (ax * ax + ay * ay)
    gx, gy = gradient * ax, gradient * ay
    norm = math.sqrt(gx * gx + gy * gy + 1)
    d = gx * fx + gy * fy - height
    names = ("floorplane_a", "floorplane_b", "floorplane_c", "floorplane_d")
    return dict(zip(names, (-gx / norm, -gy / norm, 1 / norm, d / norm), strict=True))


def _top(region: Region) -> float:
    return region.height + (region.slope.rise if region.slope else 0)


def _side(sector: int, upper: Region | None) -> str:
    """One side of a line: it shows the texture of the region behind it where that one rises above its own."""
    if upper is None:
        return _block("sidedef", {"sector": sector})
    lit: dict[str, Value] = {"light": 255, "lightabsolute": True} if upper.bright else {}
    return _block("sidedef", {"sector": sector, "texturebottom": upper.side, **lit})


def corners(regions: Sequence[Region]) -> list[Point]:
    """Returns the map's vertices in their order."""
    return sorted({corner for region in regions for corner in region.polygon})


def borders(regions: Sequence[Region]) -> list[Border]:
    """Returns the map's lines in their order."""
    everywhere = tuple(corners(regions))
    rings = [_edges(tuple(region.polygon), everywhere) for region in regions]
    owner = {edge: index for index, ring in enumerate(rings) for edge in ring}
    found = []
    for front, (start, end) in ((index, edge) for index, ring in enumerate(rings) for edge in ring):
        back = owner.get((end, start), regions[front].parent)
        if not (
            (end, start) in owner and back < front
        ):  # a shared edge is written once, by the first of its two regions
            found.append(Border(front, back, start, end))
    return found


def _lines(regions: Sequence[Region], number: Mapping[Point, int]) -> tuple[list[str], list[str]]:
    """Writes all borders: line definitions and their sides."""
    lines: list[str] = []
    sides: list[str] = []
    for front, back, start, end in borders(regions):
        region = regions[front]
        line: dict[str, Value] = {"v1": number[start], "v2": number[end], "sidefront": len(sides)}
        if back < 0:
            sides.append(_side(front, None))
            line |= {"blocking": True, "special": 9}  # Line_Horizon: the world goes on for ever
        else:
            other = regions[back]
            line |= {"sideback": len(sides) + 1, "twosided": True}
            if region.solid or other.solid:
                line["blocking"] = True
            line |= {**other.line, **region.line}
            sides.append(_side(front, other if _top(other) > _top(region) else None))
            sides.append(_side(back, region if _top(region) > _top(other) else None))
        lines.append(_block("linedef", line))
    return lines, sides


def _sector(region: Region, sky: int, light: int) -> str:
    properties: dict[str, Value] = {
        "heightfloor": region.height,
        "heightceiling": sky,
        "texturefloor": region.floor,
        "textureceiling": "F_SKY1",
        "lightlevel": 255 if region.bright else light,
    }
    plane = _plane(region.slope, region.height) if region.slope else {}
    return _block("sector", {**properties, **plane, **region.sector})


def _thing(thing: Thing) -> str:
    flags: dict[str, Value] = {f"skill{skill}": True for skill in thing.skills}
    place: dict[str, Value] = {"x": thing.place[0], "y": thing.place[1], "angle": thing.angle, "type": thing.number}
    return _block("thing", {**place, "single": True, **flags})


def textmap(regions: Sequence[Region], things: Sequence[Thing], *, sky: int, light: int) -> str:
    """Writes a map in UDMF.

    Args:
        regions: What the map is made of; the first one borders the horizon, `parent` counts in this order.
        things: The actors on it.
        sky: Height of the sky over all regions.
        light: Light level of all regions that are not bright, 0 to 255.

    Returns:
        The text of the `TEXTMAP` lump.
    """
    points = corners(regions)
    vertices = [_block("vertex", {"x": float(x), "y": float(y)}) for x, y in points]
    lines, sides = _lines(regions, {corner: index for index, corner in enumerate(points)})
    sectors = [_sector(region, sky, light) for region in regions]
    return "".join(['namespace="zdoom";\n', *vertices, *lines, *sides, *sectors, *map(_thing, things)])
