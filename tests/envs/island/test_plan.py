import struct
from pathlib import Path

import numpy as np
import pytest

from padzoo.envs.island import plan as island
from padzoo.envs.island import textures


def lump_names(data: bytes) -> list[str]:
    _, count, directory = struct.unpack("<4sii", data[:12])
    entries = struct.iter_unpack("<ii8s", data[directory : directory + 16 * count])
    return [name.rstrip(b"\0").decode() for _, _, name in entries]


def test_there_is_a_map_for_every_spawn_look_light_and_sky(tmp_path: Path) -> None:
    path = island.build_wad(tmp_path)
    names = lump_names(path.read_bytes())
    wanted = [
        island.map_name(spawn, look, light, sky)
        for spawn in range(len(island.SPAWNS))
        for look in island.LOOKS
        for light in island.LIGHTS
        for sky in textures.SKIES
    ]
    assert len(set(wanted)) == len(wanted) == 4 * len(island.LOOKS) * len(island.LIGHTS) * len(textures.SKIES)
    assert set(wanted) <= set(names)
    assert names.count("TEXTMAP") == names.count("ENDMAP") == len(wanted)


def test_the_plan_is_the_same_left_and_right() -> None:
    for region in island.regions("meadow"):
        corners = {(round(x, 1), round(y, 1)) for x, y in region.polygon}
        mirrored = {(-x, y) for x, y in corners}
        twins = [{(round(x, 1), round(y, 1)) for x, y in other.polygon} for other in island.regions("meadow")]
        assert mirrored in twins


@pytest.mark.parametrize("name", list(island.PADS))
def test_a_pad_is_known_by_its_place(name: str) -> None:
    x, y = island.PADS[name]
    half = island.PAD_SIZE / 2
    assert island.pad_at(x, y) == island.pad_at(x - half, y + half) == name
    assert island.pad_at(x - half - 1, y) == island.pad_at(x, y + half + 1) == "none"


def test_the_three_pads_are_of_one_make() -> None:
    pads = [region for region in island.regions("beach") if region.slope]
    assert len(pads) == 3
    assert len({(pad.floor, pad.side, pad.height, pad.slope.rise) for pad in pads if pad.slope}) == 1


def test_the_outline_holds_floors_pillars_walls_and_pads() -> None:
    polygons = island.outline()
    assert len(polygons) == 5 + 4 + 3 + 3
    everything = np.concatenate(polygons)
    assert everything.min(axis=0) == pytest.approx([-700, -420])
    assert everything.max(axis=0) == pytest.approx([700, 2162])
