import re
from itertools import pairwise

from padzoo.envs.island.udmf import Region, Slope, Thing, textmap

WORLD = ((0.0, 0.0), (100.0, 0.0), (100.0, 100.0), (0.0, 100.0))
LOW = ((10.0, 10.0), (90.0, 10.0), (90.0, 50.0), (10.0, 50.0))
HIGH = ((30.0, 50.0), (60.0, 50.0), (60.0, 80.0), (30.0, 80.0))  # stands on the middle of LOW's upper edge


def blocks(text: str, kind: str) -> list[dict[str, str]]:
    found = re.findall(rf"^{kind}{{(.*)}}$", text, re.M)
    return [dict(pair.split("=", 1) for pair in block.split(";") if pair) for block in found]


def build() -> str:
    plan = [
        Region(WORLD, 0, "F_SKY1", "-", parent=-1),
        Region(LOW, 8, "GRASS", "ROCK"),
        Region(HIGH, 16, "STONE", "BRICK", solid=True, slope=Slope((30, 50), (0, 30), 24)),
    ]
    return textmap(plan, [Thing(1, (20, 20)), Thing(9, (40, 20), skills=(2,))], sky=500, light=200)


def test_neighbours_share_one_line_split_at_the_corners_between_them() -> None:
    text = build()
    corners = [(float(v["x"]), float(v["y"])) for v in blocks(text, "vertex")]
    sides = blocks(text, "sidedef")
    lines = blocks(text, "linedef")
    drawn = [frozenset((corners[int(line["v1"])], corners[int(line["v2"])])) for line in lines]
    assert len(drawn) == len(set(drawn)) == 4 + (4 + 2) + 3
    shared = lines[drawn.index(frozenset({(30.0, 50.0), (60.0, 50.0)}))]
    assert {sides[int(shared[side])]["sector"] for side in ("sidefront", "sideback")} == {"1", "2"}
    shown = {sides[int(shared[side])]["sector"]: sides[int(shared[side])] for side in ("sidefront", "sideback")}
    assert shown["1"]["texturebottom"] == '"BRICK"'  # the lower one shows the step up
    assert "texturebottom" not in shown["2"]
    assert shared["blocking"] == "true"
    outer = lines[drawn.index(frozenset({(10.0, 50.0), (30.0, 50.0)}))]
    assert {sides[int(outer[side])]["sector"] for side in ("sidefront", "sideback")} == {"0", "1"}
    assert "blocking" not in outer


def test_every_line_has_its_own_region_on_its_right() -> None:
    text = build()
    corners = [(float(v["x"]), float(v["y"])) for v in blocks(text, "vertex")]
    sides = blocks(text, "sidedef")
    inside = {"0": (5.0, 5.0), "1": (50.0, 30.0), "2": (45.0, 65.0)}  # a point of each, all convex
    for line in blocks(text, "linedef"):
        (ax, ay), (bx, by) = corners[int(line["v1"])], corners[int(line["v2"])]
        x, y = inside[sides[int(line["sidefront"])]["sector"]]
        assert (bx - ax) * (y - ay) - (by - ay) * (x - ax) < 0


def test_a_slope_rises_from_its_foot() -> None:
    sector = blocks(build(), "sector")[2]
    a, b, c, d = (float(sector[f"floorplane_{name}"]) for name in "abcd")
    assert abs(a * a + b * b + c * c - 1) < 1e-9
    heights = [-(a * 40 + b * y + d) / c for y in (50, 65, 80)]
    assert [round(height, 6) for height in heights] == [16, 28, 40]
    assert all(low < high for low, high in pairwise(heights))


def test_things_exist_in_their_skills() -> None:
    player, other = blocks(build(), "thing")
    assert [f"skill{skill}" in player for skill in range(1, 6)] == [True] * 5
    assert [f"skill{skill}" in other for skill in range(1, 6)] == [False, True, False, False, False]
