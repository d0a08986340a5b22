import numpy as np
import pytest

from padzoo.envs.island.plan import PADS, PILLAR_RADIUS, PILLARS, SPAWNS
from padzoo.envs.players.route import room, route

PLACES = {"yard": (0, -300), "left yard": (-600, 0), "right yard": (600, 0), "neck": (0, 600), "hall": (0, 1500)}


def test_rooms_are_told_apart() -> None:
    assert {name: room(*place) for name, place in PLACES.items()} == {name: name for name in PLACES}


@pytest.mark.parametrize("spawn", SPAWNS)
@pytest.mark.parametrize("pad", PADS)
def test_ways_from_spawn_to_pad_pass_the_doors_and_touch_no_pillar(spawn: tuple[float, float], pad: str) -> None:
    for seed in range(20):
        path = route(spawn, PADS[pad], np.random.default_rng(seed))
        np.testing.assert_allclose(path[[0, -1]], [spawn, PADS[pad]])
        in_neck = path[(path[:, 1] > 400) & (path[:, 1] < 810)]
        assert len(in_neck) > 8
        assert (np.abs(in_neck[:, 0]) < 130).all()
        gaps = np.linalg.norm(path[:, None] - np.asarray(PILLARS), axis=-1)
        assert gaps.min() > PILLAR_RADIUS + 16, f"seed {seed}: a body would touch a pillar"


@pytest.mark.parametrize("start", PLACES)
@pytest.mark.parametrize("goal", PLACES)
def test_ways_lead_from_every_room_to_every_room_in_short_strides(start: str, goal: str) -> None:
    path = route(PLACES[start], PLACES[goal], np.random.default_rng(0), spread=0.0)
    np.testing.assert_allclose(path[-1], PLACES[goal])
    rooms = list(dict.fromkeys(room(*point) for point in path))
    assert (rooms[0], rooms[-1]) == (start, goal)
    assert start == "neck" or goal == "neck" or ("neck" in rooms) == ((start == "hall") != (goal == "hall"))
    if start != goal:
        assert np.linalg.norm(np.diff(path, axis=0), axis=1).max() < 40


def test_ways_differ_and_the_middle_pad_is_approached_on_either_side_of_the_pillars() -> None:
    ways = [route(SPAWNS[0], PADS["middle"], np.random.default_rng(seed), spread=2.0) for seed in range(60)]
    beside = np.array([np.interp(1445, way[:, 1], way[:, 0]) for way in ways])
    assert (beside < -120).sum() >= 3
    assert (beside > 120).sum() >= 3
    assert (np.abs(beside) < 120).sum() >= 20
