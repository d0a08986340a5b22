from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
from walker import record

from padzoo.core.gamepad import BUTTONS, is_noop
from padzoo.core.trajectory import Trajectory
from padzoo.envs.game_pool import GamePool
from padzoo.envs.island.plan import SPAWNS
from padzoo.envs.players.population import runners
from padzoo.envs.players.scripts import Play, Scripts


@pytest.fixture(scope="module")
def pool() -> Iterator[GamePool]:
    with GamePool("padzoo/LaunchIsland-v0", 4, {"size": 32}) as games:
        yield games


def runs(pool: GamePool, kind: str, number: int) -> list[Trajectory]:
    """Records the first players of one kind."""
    plays = runners(0)
    chosen = [play.index for play in islice(plays, 400) if play.kind == kind]

    def draw(index: int, attempt: int) -> Play:
        return replace(plays.draw(chosen[index], attempt), index=index)

    return list(record(pool, Scripts(draw), number))


def test_idlers_hardly_press_anything_and_stay_where_they_are(pool: GamePool) -> None:
    for run in runs(pool, "idler", 4):
        assert is_noop(run.actions[35:]).mean() > 0.5, "after the warm-up"
        assert np.ptp(run.positions[35:, :2], axis=0).max() < 400


def test_wanderers_and_wall_runners_get_about_and_mostly_miss_the_pads(pool: GamePool) -> None:
    for kind in ("wanderer", "wall runner"):
        recordings = runs(pool, kind, 6)
        reach = [np.hypot(*(run.positions[:, :2] - SPAWNS[run.meta["spawn"]]).T).max() for run in recordings]
        assert np.median(reach) > 200
        assert sum(run.meta["outcome"] == "none" for run in recordings) >= 4


def test_spinners_turn_round_and_round(pool: GamePool) -> None:
    turned = [np.abs(np.diff(np.unwrap(np.radians(run.positions[:, 2])))).sum() for run in runs(pool, "spinner", 4)]
    assert np.mean(turned) > 4 * np.pi, "two whole turns"


def test_mashers_hold_buttons_much_of_the_time_and_others_seldom(pool: GamePool) -> None:
    held = {kind: np.concatenate([run.actions for run in runs(pool, kind, 4)]) for kind in ("masher", "goal")}
    shares = {kind: actions[:, : len(BUTTONS)].any(axis=1).mean() for kind, actions in held.items()}
    assert shares["masher"] > 0.4
    assert shares["goal"] < 0.2
