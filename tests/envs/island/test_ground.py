import numpy as np

from padzoo.envs.island.ground import draw_place, standable
from padzoo.envs.island.plan import PADS, PILLARS, SPAWNS, pad_at


def test_one_can_stand_at_spawns_on_pads_and_in_doors_but_not_in_walls_or_pillars() -> None:
    assert standable([*SPAWNS, *PADS.values(), (0, 380), (0, 820), (-365, 0)]).all()
    beside = [(PILLARS[0][0] + 50, PILLARS[0][1]), (320, -300), (370, -55), (0, 2125), (345, 1640), (0, 3000)]
    assert not standable([*PILLARS, *beside]).any()


def test_places_are_drawn_evenly_off_the_pads() -> None:
    rng = np.random.default_rng(0)
    places = np.array([draw_place(rng) for _ in range(1500)])
    assert standable(places).all()
    assert all(pad_at(*place) == "none" for place in places)
    grid = np.stack(np.meshgrid(np.arange(-700, 700, 10), np.arange(-420, 2130, 10)), axis=-1).reshape(-1, 2)
    ground = grid[standable(grid)]
    ground = ground[[pad_at(*place) == "none" for place in ground]]
    for low, high in ((-420, 380), (380, 820), (820, 2130)):
        share, drawn = (((low <= where[:, 1]) & (where[:, 1] < high)).mean() for where in (ground, places))
        assert abs(share - drawn) < 4 * np.sqrt(share * (1 - share) / len(places))
