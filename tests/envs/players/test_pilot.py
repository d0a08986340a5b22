import numpy as np
import pytest

from padzoo.envs.island.sticks import speed
from padzoo.envs.players.pilot import SETTLE, TURN, Pilot, Sight, wrapped
from padzoo.envs.players.temper import Temper


def pilot(**knobs: float) -> Pilot:
    return Pilot(Temper(**{"noise": 0.0, "delay": 0.0} | knobs), np.random.default_rng(0))


@pytest.mark.parametrize(("degrees", "same"), [(190, -170), (-190, 170), (720, 0), (90, 90)])
def test_angles_are_taken_the_short_way(degrees: float, same: float) -> None:
    assert wrapped(degrees) == same


def test_it_turns_to_the_side_of_the_goal_and_slows_down_for_what_lies_behind() -> None:
    north = Sight(0.0, 0.0, 90.0, 0.0)
    wishes = {side: pilot().steer(north, (side * 100, 100), 1.0) for side in (-1, 0, 1)}
    assert wishes[-1].turn < 0 < wishes[1].turn
    assert wishes[-1].strafe < 0 < wishes[1].strafe
    assert (wishes[0].turn, wishes[0].strafe, wishes[0].forward) == pytest.approx((0, 0, 1))
    assert pilot().steer(north, (0, -100), 1.0).forward == 0


def test_it_is_aware_of_what_was_seen_some_steps_ago() -> None:
    late = pilot(delay=2.0)
    aware = [late.see({"position": (step, 0), "heading": 0.0, "pitch": 0.0}).x for step in range(5)]
    assert aware == [0, 0, 0, 1, 2]


@pytest.mark.parametrize(("overshoot", "share"), [(0.0, 0.0), (1.0, 1.0)])
def test_a_turn_under_way_is_made_again_only_as_far_as_it_is_forgotten(overshoot: float, share: float) -> None:
    late = pilot(delay=2.0, overshoot=overshoot, swing=1.0)
    seen = Sight(0.0, 0.0, 70.0, 0.0)
    late.did(20.0)  # 20 degrees to the left: what is wanted, not yet seen
    assert -speed(late.steer(seen, (0, 100), 1.0).turn) * TURN * SETTLE == pytest.approx(20 * share)
