"""The launch island: its plan as data, its looks, and the game file made from them."""

from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from padzoo.envs.island import actors, textures
from padzoo.envs.island.nodes import Nodes
from padzoo.envs.island.udmf import Point, Region, Slope, Thing, textmap
from padzoo.envs.island.wad import wad

# All in map units; y grows from the spawn yard to the hall. A character is 32 wide, 56 high, runs 16.7 units a tic.
SPAWNS: Final[tuple[Point, ...]] = ((-130, -180), (130, -180), (-130, 40), (130, 40))
SPAWN_HEADING: Final = 90  # degrees: north, towards the hall
PADS: Final[dict[str, Point]] = {"left": (-520, 1560), "middle": (0, 2035), "right": (520, 1560)}
PAD_SIZE: Final = 180.0
PAD_RISE: Final = 24.0  # a ramp no higher than the engine's largest step can be entered from every side
PILLARS: Final[tuple[Point, ...]] = ((-120, 1330), (120, 1330), (-120, 1560), (120, 1560))
PILLAR_RADIUS: Final = 38.0
RIM: Final = 48  # height of the rim wall over the ground
DECK: Final = 48  # height of the neck, so that one overlooks the hall from it
# Where strollers appear. The engine's skill, which selects the actors of a map, says how many of them; its highest one
# is left out, for it forbids the chase camera.
SEATS: Final[tuple[Point, ...]] = ((0, 1800), (0, 1150), (330, 1500), (-330, 1500), (0, 250), (0, 980))
SEATS_A_SKILL: Final = 2

# name -> floor, path, rim, pillars and walls
LOOKS: Final[dict[str, tuple[str, str, str, str]]] = {
    "meadow": ("ZGRASS", "ZSLAB", "ZSTONE", "ZWHITE"),
    "beach": ("ZSAND", "ZPLANK", "ZTIMBER", "ZSTONE"),
    "plaza": ("ZSLAB", "ZCLAY", "ZBRICK", "ZWHITE"),
    "canyon": ("ZCLAY", "ZSAND", "ZROCK", "ZSTONE"),
    "moor": ("ZMOSS", "ZROCK", "ZSTONE", "ZTIMBER"),
}
LIGHTS: Final[dict[str, int]] = {"noon": 255, "afternoon": 224, "evening": 192}


def _mirror(polygon: tuple[Point, ...]) -> tuple[Point, ...]:
    return tuple((-x, y) for x, y in polygon)


def _both(half: tuple[Point, ...]) -> tuple[Point, ...]:
    """Completes a right half, listed upwards, by its mirror image."""
    return half + _mirror(half)[::-1]


def _box(x0: float, y0: float, x1: float, y1: float) -> tuple[Point, ...]:
    return ((x0, y0), (x1, y0), (x1, y1), (x0, y1))


def _pillar(centre: Point) -> tuple[Point, ...]:
    turns = np.arange(12) * (2 * np.pi / 12)
    circle = np.stack([np.cos(turns), np.sin(turns)], axis=1) * PILLAR_RADIUS + centre
    return tuple((float(x), float(y)) for x, y in circle.round(1))


WORLD: Final = _box(-3500, -3000, 3500, 5000)
HULL: Final = _both(
    (
        (375, -465),
        (375, -285),
        (745, -285),
        (745, 345),
        (375, 345),
        (196, 410),
        (196, 800),
        (675, 1445),
        (675, 1675),
        (178, 2180),
    )
)
YARD: Final = _both(((330, -420), (330, 260), (130, 380)))
SIDE_YARD: Final = (
    (330.0, -60.0),
    (400.0, -60.0),
    (400.0, -240.0),
    (700.0, -240.0),
    (700.0, 300.0),
    (400.0, 300.0),
    (400.0, 120.0),
    (330.0, 120.0),
)
STEPS_UP: Final = tuple(_box(-130, 380 + 24 * i, 130, 404 + 24 * i) for i in range(3))
NECK: Final = _box(-130, 452, 130, 748)
STEPS_DOWN: Final = tuple(_box(-130, 748 + 24 * i, 130, 772 + 24 * i) for i in range(3))
# Three bays, each as wide as its pad at its end: the headland between two pads leads to one of them. Without headlands
# a fine-tuned policy failed in 31 % of 200 episodes, mostly in the corners beside the middle pad.
HALL: Final = _both(((130, 820), (620, 1470), (620, 1660), (440, 1660), (250, 1570), (100, 2130)))
HEADLANDS: Final = (((250, 1570), (345, 1900)), ((-250, 1570), (-345, 1900)))  # from the tip into the rock
FLOORS: Final = (YARD, SIDE_YARD, _mirror(SIDE_YARD), _box(-130, 380, 130, 820), HALL)  # all that one can walk on
PARAPET: Final = _box(130, 380, 160, 820)
WALLS: Final = {
    "left": _box(-652, 1450, -622, 1670),
    "middle": _box(-110, 2132, 110, 2162),
    "right": _box(622, 1450, 652, 1670),
}
_UPHILL: Final[dict[str, Point]] = {"left": (-1, 0), "middle": (0, 1), "right": (1, 0)}

# Rocks in the sky around the island: (x, y, radius, height). Both sides are alike: they do not tell left from right.
ISLETS: Final = ((950, 720, 150, 20), (1350, 1250, 220, 60), (1150, 150, 120, -60), (1000, 2350, 180, 90))
_PALMS: Final[tuple[Point, ...]] = (
    (352, -440),
    (722, 322),
    (722, -262),
    (980, 760),
    (1300, 1200),
    (1420, 1300),
    (980, 2300),
)


def pad_at(x: float, y: float) -> str:
    """Names the pad on which a point lies: `left`, `middle`, `right`, or `none`."""
    half = PAD_SIZE / 2
    return next((name for name, (px, py) in PADS.items() if abs(x - px) <= half and abs(y - py) <= half), "none")


def _pad(name: str, parent: int) -> Region:
    (x, y), (ux, uy), half = PADS[name], _UPHILL[name], PAD_SIZE / 2
    slope = Slope((x - half * ux, y - half * uy), (PAD_SIZE * ux, PAD_SIZE * uy), PAD_RISE)
    # ThrustThingZ(activator, 60, up, set): whoever steps on a pad is thrown up.
    launch = {"special": 128, "arg1": 60, "playercross": True, "repeatspecial": True}
    turn = {"left": 270, "middle": 0, "right": 90}[name]
    box = _box(x - half, y - half, x + half, y + half)
    return Region(box, 0, "ZPAD", "ZPAD", parent, bright=True, slope=slope, line=launch, sector={"rotationfloor": turn})


def _islets(floor: str) -> list[Region]:
    rocks = []
    for x, y, radius, height in ISLETS:
        turns = np.arange(9) * (2 * np.pi / 9)
        reach = radius * (1 + 0.25 * np.sin(5 * turns + x))
        corners = np.stack([x + reach * np.cos(turns), y + reach * np.sin(turns)], axis=1).round()
        polygon = tuple((float(px), float(py)) for px, py in corners)
        rocks += [Region(half, height, floor, "ZROCK", 0) for half in (polygon, _mirror(polygon))]
    return rocks


def regions(look: str) -> list[Region]:
    """Returns the whole map in one look; region 0 is the sky around the island, region 1 its rim."""
    floor, path, rim, wall = LOOKS[look]
    plan = [Region(WORLD, -600, "F_SKY1", "-", parent=-1), Region(HULL, RIM, rim, "ZROCK", solid=True)]
    plan += [Region(polygon, 0, floor, rim, 1, solid=False) for polygon in (YARD, SIDE_YARD, _mirror(SIDE_YARD))]
    for height, up, down in zip((12, 24, 36), STEPS_UP, reversed(STEPS_DOWN), strict=True):
        plan += [Region(up, height, path, path, 1), Region(down, height, path, path, 1)]
    plan += [Region(NECK, DECK, path, path, 1)]
    plan += [Region(polygon, DECK + RIM, rim, rim, 1, solid=True) for polygon in (PARAPET, _mirror(PARAPET))]
    hall = len(plan)
    plan += [Region(HALL, 0, floor, rim, 1)]
    plan += [Region(_pillar(centre), 176, wall, wall, hall, solid=True) for centre in PILLARS]
    plan += [_pad(name, hall) for name in PADS]
    plan += [Region(polygon, 144, "ZPAD", "ZPAD", 1, solid=True, bright=True) for polygon in WALLS.values()]
    plan += _islets(floor)
    return plan


def things(spawn: int) -> list[Thing]:
    """Returns the player's start, the strollers' spots and the palms."""
    seats = []
    for index, seat in enumerate(SEATS):
        first = 2 + index // SEATS_A_SKILL  # the map file counts skills from 1, and the first has no strollers
        seats.append(Thing(actors.STROLLER, seat, skills=tuple(range(first, 6))))
    palms = [Thing(actors.PALM, place) for place in (*_PALMS, *_mirror(_PALMS))]
    return [Thing(1, SPAWNS[spawn], SPAWN_HEADING), *seats, *palms]


def outline() -> list[NDArray[np.float64]]:
    """Returns walls, pillars and pads as polygons `(K, 2)`, to draw under a heatmap of positions."""
    half = PAD_SIZE / 2
    pads = [_box(x - half, y - half, x + half, y + half) for x, y in PADS.values()]
    return [np.asarray(polygon) for polygon in (*FLOORS, *map(_pillar, PILLARS), *WALLS.values(), *pads)]


def map_name(spawn: int, look: str, light: str, sky: str) -> str:
    """Names the map of one spawn in one look, light and sky, as the engine knows it."""
    return f"P{spawn}F{list(LOOKS).index(look)}L{list(LIGHTS).index(light)}K{list(textures.SKIES).index(sky)}"


@cache
def wad_bytes() -> bytes:
    """Returns the game file: one map for each spawn, look, light and sky, so that an episode varies by its map."""
    maps: list[tuple[str, bytes]] = []
    info = [
        "gameinfo { playerclasses = " + ", ".join(f'"{actors.player_class(name)}"' for name in actors.CHARACTERS) + " }"
    ]
    # Kept from map to map: at each start the engine would unpack what this map shows and throw the others away.
    kept = ", ".join(f'"{name}"' for name in textures.names())
    rules = f"PrecacheTextures = {kept} allowjump allowcrouch allowfreelook"
    nodes = Nodes(regions(next(iter(LOOKS)))).lump()  # all looks are of one shape
    for look in LOOKS:
        plan = regions(look)
        for spawn in range(len(SPAWNS)):
            for light, level in LIGHTS.items():
                text = textmap(plan, things(spawn), sky=1600, light=level).encode("ascii")
                for sky in textures.SKIES:
                    name = map_name(spawn, look, light, sky)
                    maps += [(name, b""), ("TEXTMAP", text), ("ZNODES", nodes), ("ENDMAP", b"")]
                    info.append(f'map {name} "{name}" {{ sky1 = "{textures.sky_name(sky)}", 0 {rules} }}')
    fixed = [("DECORATE", actors.decorate().encode()), ("ZMAPINFO", "\n".join(info).encode())]
    return wad([*fixed, *textures.lumps(), *maps])


def build_wad(folder: Path) -> Path:
    """Writes the game file.

    Args:
        folder: An existing folder, the caller's to remove.

    Returns:
        The path of `island.wad` in it.
    """
    path = folder / "island.wad"
    path.write_bytes(wad_bytes())
    return path
