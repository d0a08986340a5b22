"""The island's own pictures, painted by numbers: floors, walls, skies and palms, all as PNG lumps."""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from padzoo.envs.island.wad import png

Colour = tuple[int, int, int]
Grain = NDArray[np.float64]

_TILE: Final = 64  # texels of a floor or wall, one a map unit
_SKY: Final = (256, 1024)  # rows and columns; 1024 columns go once round the horizon

# floor or wall -> (colour, roughness of the grain, pattern)
_GROUNDS: Final[Mapping[str, tuple[Colour, float, str]]] = {
    "ZGRASS": ((79, 171, 67), 26, "tufts"),
    "ZMOSS": ((95, 111, 71), 20, "tufts"),
    "ZSAND": ((235, 195, 151), 12, "plain"),
    "ZSLAB": ((171, 171, 171), 12, "slabs"),
    "ZCLAY": ((191, 115, 71), 14, "slabs"),
    "ZPLANK": ((151, 115, 79), 14, "planks"),
    "ZSTONE": ((139, 139, 139), 20, "bricks"),
    "ZBRICK": ((167, 63, 43), 16, "bricks"),
    "ZWHITE": ((219, 219, 219), 8, "bricks"),
    "ZROCK": ((127, 95, 63), 26, "plain"),
    "ZTIMBER": ((115, 79, 43), 16, "planks"),
}
# sky -> its colours from overhead to the horizon, and that of the clouds, near the ramps of the engine's 256 colours
SKIES: Final[Mapping[str, tuple[tuple[Colour, ...], Colour]]] = {
    "day": (((83, 83, 255), (143, 143, 255), (199, 199, 255)), (255, 255, 255)),
    "dawn": (((143, 143, 255), (199, 199, 255), (255, 235, 223), (255, 187, 147)), (255, 235, 223)),
    "dusk": (((115, 43, 43), (187, 91, 91), (255, 163, 107), (255, 127, 27)), (255, 179, 131)),
    "cloudy": (((119, 119, 119), (167, 167, 167), (219, 219, 219)), (255, 255, 255)),
}


def _grain(rng: np.random.Generator, shape: tuple[int, int], cells: tuple[int, int]) -> Grain:
    """Seamless smooth noise of mean 0 and deviation 1: a random spectrum, cut off at `cells` waves."""
    rows = np.fft.fftfreq(shape[0], 1 / shape[0])[:, None] / cells[0]
    columns = np.fft.fftfreq(shape[1], 1 / shape[1])[None] / cells[1]
    spectrum = np.fft.fft2(rng.standard_normal(shape)) * np.exp(-(rows**2 + columns**2))
    noise = np.fft.ifft2(spectrum).real
    return np.asarray((noise - noise.mean()) / noise.std())


def _pattern(kind: str) -> Grain:
    """Brightness of the joints between slabs, bricks or planks: 1 on a joint, else 0."""
    y, x = np.mgrid[:_TILE, :_TILE]
    shift = 16 * ((y // 16) % 2)
    joint = {
        "slabs": (x % 32 == 0) | (y % 32 == 0),
        "bricks": (y % 16 == 0) | ((x + shift) % 32 == 0),
        "planks": (x % 16 == 0) | ((y == 0) & (x < 32)) | ((y == 32) & (x >= 32)),
    }.get(kind, np.zeros((_TILE, _TILE), bool))
    return np.asarray(joint, float)


def ground(name: str, colour: Colour, rough: float, kind: str) -> NDArray[np.uint8]:
    """Paints one floor or wall, `(64, 64, 3)`; the name seeds its grain."""
    rng = np.random.default_rng(list(name.encode()))
    shape = (_TILE, _TILE)
    shade = 0.5 * _grain(rng, shape, (4, 4)) + 0.5 * _grain(rng, shape, (24, 24 if kind != "tufts" else 48))
    shade = rough * shade - 4 * rough * _pattern(kind) / (1 + rough / 16)
    return np.clip(np.asarray(colour) + shade[..., None], 0, 255).astype(np.uint8)


def chevrons() -> NDArray[np.uint8]:
    """Paints the launch pads: bright yellow with amber arrows that point up the ramp, `(64, 64, 3)`."""
    y, x = np.mgrid[:_TILE, :_TILE]
    arrow = ((y + abs(x - 31.5)) % 32) < 9
    return np.asarray(np.where(arrow[..., None], (255, 115, 0), (255, 255, 0)), np.uint8)


def sky(name: str) -> NDArray[np.uint8]:
    """Paints one sky, `(256, 1024, 3)`: overhead at the top, the horizon at the bottom, clouds in between."""
    stops, cloud = SKIES[name]
    rng = np.random.default_rng(list(name.encode()))
    depth = np.linspace(0, 1, _SKY[0])[:, None]
    places = np.linspace(0, 1, len(stops))
    base = np.stack([np.interp(depth, places, channel) for channel in np.transpose(stops)], axis=2)
    puffs = _grain(rng, _SKY, (9, 14)) + 0.5 * _grain(rng, _SKY, (24, 40))
    cover = (np.clip(1.2 * puffs - 0.6, 0, 1) * (0.4 + 0.6 * depth))[..., None]
    dots = rng.uniform(-6, 6, (*_SKY, 1))  # without them the gradient falls into bands of the engine's colours
    return np.asarray(np.clip(base + (np.asarray(cloud) - base) * cover + dots, 0, 255), np.uint8)


def palm() -> NDArray[np.uint8]:
    """Paints a palm tree on a transparent ground, `(128, 112, 4)`."""
    picture = np.zeros((128, 112, 4), np.uint8)
    y, x = np.mgrid[:128, :112]
    trunk = (abs(x - 56 - 10 * np.sin((127 - y) / 60)) < 3.5) & (y > 40)
    picture[trunk] = (115, 79, 43, 255)
    picture[trunk & (y % 8 < 2)] = (79, 51, 27, 255)
    for turn in np.linspace(-2.9, 2.9, 9):  # fronds: parabolas that leave the crown at different slants
        for along in np.linspace(0, 1, 120):
            cx, cy = 65 + 42 * along * np.sin(turn * 0.55), 40 - 26 * along * np.cos(turn * 0.4) + 34 * along**2
            leaf = (abs(x - cx) < 1.5) & (abs(y - cy) < 5.5 * (1.05 - along))
            picture[leaf] = (63, 147, 51, 255) if int(along * 24) % 2 else (91, 199, 83, 255)
    return picture


def sky_name(sky: str) -> str:
    """Returns the engine's name of a sky."""
    return f"SKY{sky[:5].upper()}"


def names() -> list[str]:
    """Returns the engine's names of all floors, walls and skies."""
    return [*_GROUNDS, "ZPAD", *map(sky_name, SKIES)]


def lumps() -> list[tuple[str, bytes]]:
    """Returns all textures and sprites as lumps between their markers."""
    pictures = {name: ground(name, *how) for name, how in _GROUNDS.items()}
    pictures["ZPAD"] = chevrons()
    pictures |= {sky_name(name): sky(name) for name in SKIES}
    textures = [(name, png(picture)) for name, picture in pictures.items()]
    sprites = [("PALMA0", png(palm(), offset=(56, 126)))]
    return [("TX_START", b""), *textures, ("TX_END", b""), ("S_START", b""), *sprites, ("S_END", b"")]
