"""Maps as data: flat regions become a UDMF text map, which the engine compiles itself."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

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
    slope: Slope | None = None
    line: Mapping[str, Value] = field(default_factory=dict)
    sector: Mapping[str, Value] = field(default_factory=dict)


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


def _edges(polygon: Sequence[Point], corners: Iterable[Point]) -> list[tuple[Point, Point]]:
    """Splits a polygon's border wherever another region's corner lies on it, so that neighbours share whole edges."""
    corners = list(corners)
    edges = []
    ring = _clockwise(polygon)
    for start, end in zip(ring, [*ring[1:], ring[0]], strict=True):
        inner = [corner for corner in corners if _between(corner, start, end)]
        inner.sort(key=lambda corner: math.dist(corner, start))
        stops = [start, *inner, end]
        edges += list(zip(stops, stops[1:], strict=False))
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


def textmap(regions: Sequence[Region], things: Sequence[Thing], *, sky: float, light: int) -> str:
    """Writes a map in UDMF.

    Args:
        regions: What the map is made of, the world's edge first; the first region has no ground and borders the horizon.
        things: The actors on it.
        sky: Height of the sky over all regions.
        light: Light level everywhere, 0 to 255.

    Returns:
        The text of the `TEXTMAP` lump.
    """
    corners = {corner for region in regions for corner in region.polygon}
    number = {corner: index for index, corner in enumerate(sorted(corners))}
    borders = [_edges(region.polygon, corners) for region in regions]
    owner = {edge: index for index, border in enumerate(borders) for edge in border}
    out = ['namespace="zdoom";\n']
    out += [_block("vertex", {"x": float(x), "y": float(y)}) for x, y in number]
    sides: list[str] = []

    def side(sector: int, texture: str) -> int:
        sides.append(_block("sidedef", {"sector": sector, "texturebottom": texture, "texturemiddle": "-"}))
        return len(sides) - 1

    for index, border in enumerate(borders):
        region = regions[index]
        for start, end in border:
            back = owner.get((end, start), region.parent)
            if (end, start) in owner and back < index:
                continue  # a shared edge is written once, by the first of its two regions
            line: dict[str, Value] = {"v1": number[start], "v2": number[end], "sidefront": side(index, region.side)}
            if back < 0:
                line |= {"blocking": True, "special": 9}  # Line_Horizon: the world goes on for ever
            else:
                other = regions[back]
                solid = region.solid or other.solid
                upper = max(region, other, key=lambda r: r.height + (r.slope.rise if r.slope else 0))
                sides[-1] = sides[-1].replace(f'"{region.side}"', f'"{upper.side}"')
                line |= {"sideback": side(back, upper.side), "twosided": True, "blocking": solid}
                line |= {**other.line, **region.line}
            out.append(_block("linedef", line))
    out += sides
    for region in regions:
        sector: dict[str, Value] = {
            "heightfloor": region.height,
            "heightceiling": sky,
            "texturefloor": region.floor,
            "textureceiling": "F_SKY1",
            "lightlevel": light,
        }
        out.append(
            _block("sector", sector | (_plane(region.slope, region.height) if region.slope else {}) | {**region.sector})
        )
    for thing in things:
        flags: dict[str, Value] = {f"skill{skill}": True for skill in thing.skills}
        place: dict[str, Value] = {"x": thing.place[0], "y": thing.place[1], "angle": thing.angle, "type": thing.number}
        out.append(_block("thing", place | {"single": True} | flags))
    return "".join(out)
