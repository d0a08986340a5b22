from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from padzoo.envs.island.coverage import visits
from padzoo.envs.island.launch_island import LaunchIsland
from padzoo.envs.island.plan import PADS
from padzoo.envs.players.explorer import Looker
from padzoo.envs.players.match import Bout, Match
from padzoo.envs.players.route import route
from padzoo.envs.players.runner import Runner
from padzoo.envs.players.scripted_player import ScriptedPlayer
from padzoo.envs.players.temper import Temper

RUN = Bout("run", 1.0, (150, 150), None)


@pytest.fixture(scope="module")
def game() -> Iterator[LaunchIsland]:
    env = LaunchIsland(size=8, match=True, max_steps=300)
    yield env
    env.close()


def play(
    game: LaunchIsland, bouts: tuple[Bout, ...], pads: dict[str, float], miss: float = 10.0, seed: int = 0
) -> tuple[NDArray[np.float64], float]:
    """Plays one match: x, y and heading at each step, `(T, 3)`, and the sum of the rewards."""

    def own(temper: Temper, rng: np.random.Generator, pilot: object, pad: str) -> Runner:
        return Runner(temper, rng, pilot, pad, miss)  # type: ignore[arg-type]

    player = ScriptedPlayer(
        Temper(noise=0.5), np.random.default_rng(seed), lambda *body: Match(*body, own, bouts, pads)
    )
    _, info = game.reset(seed=seed, options={"spawn": 1})
    way, total, over = [], 0.0, False
    while not over:
        way.append((*info["position"], info["heading"]))
        _, reward, terminated, over, info = game.step(player.act(info))
        total += reward
        assert not terminated
        assert info["outcome"] == "none"
    assert len(way) == 300
    return np.array(way), total


@pytest.mark.parametrize("pad", PADS)
def test_a_visit_ends_a_run_and_who_wants_the_same_pad_again_comes_back_to_it(game: LaunchIsland, pad: str) -> None:
    way, total = play(game, (RUN,), {pad: 1.0})
    found = visits(way)
    assert len(found) >= 2
    assert {name for _, name in found} == {pad}
    assert total >= len(found)
    for (first, _), (second, _) in pairwise(found):
        assert np.hypot(*(way[first:second, :2] - PADS[pad]).T).max() > 200


def test_from_one_pad_people_find_the_way_to_the_others(game: LaunchIsland) -> None:
    found = [
        pad for seed in range(4) for _, pad in visits(play(game, (RUN,), dict.fromkeys(PADS, 1 / 3), seed=seed)[0])
    ]
    assert len(found) >= 12
    assert set(found) == set(PADS)


def test_who_ends_elsewhere_runs_into_the_wall_turns_round_and_reaches_the_pad(game: LaunchIsland) -> None:
    rng = np.random.default_rng(1)
    player = ScriptedPlayer(Temper(noise=0.7, pace=1.0), rng, lambda *body: Runner(*body, "middle", 20.0))
    assert isinstance(player.habit, Runner)
    _, info = game.reset(seed=2, options={"spawn": 2})
    player.habit.path = route(info["position"], (250, 200), rng, spread=0.0)  # to the side of the yard
    way = []
    for _ in range(200):
        way.append((*info["position"], info["heading"]))
        info = game.step(player.act(info))[4]
    reached = visits(np.array(way))
    assert [pad for _, pad in reached][:1] == ["middle"]
    before = np.array(way)[: reached[0][0]]
    stuck = (before[1:, 0] > 300) & (np.hypot(*np.diff(before[:, :2], axis=0).T) < 14)
    assert stuck.any()


def test_bouts_come_in_their_shares_and_end_in_time(game: LaunchIsland) -> None:
    class Noted(Looker):
        made = 0

        def __init__(self, *body: object) -> None:
            super().__init__(*body)  # type: ignore[arg-type]
            Noted.made += 1

    play(game, (Bout("look", 1.0, (10, 10), lambda *body: Noted(*body[:-1])),), {"left": 1.0})
    assert Noted.made >= 290 // 11 - 1
