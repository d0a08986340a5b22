from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from padzoo.envs.island.ground import standable
from padzoo.envs.island.launch_island import LaunchIsland
from padzoo.envs.players.explorer import YARDS, Explorer, Looker, Sightseer, YardExplorer
from padzoo.envs.players.habit import Habit
from padzoo.envs.players.scripted_player import ScriptedPlayer
from padzoo.envs.players.temper import Temper


@pytest.fixture(scope="module")
def game() -> Iterator[LaunchIsland]:
    env = LaunchIsland(size=8, strollers=0, match=True, max_steps=300)
    yield env
    env.close()


def track(game: LaunchIsland, habit: type[Habit], seed: int) -> tuple[Habit, NDArray[np.float64]]:
    """Plays until the habit is over: it, and x, y and heading at each step, `(T, 3)`."""
    player = ScriptedPlayer(Temper(noise=0.5), np.random.default_rng(seed), habit)
    _, info = game.reset(seed=seed, options={"condition": "anywhere"})
    track = [(*info["position"], info["heading"])]
    over = False
    while not (player.habit.over or over):
        _, _, _, over, info = game.step(player.act(info))
        track.append((*info["position"], info["heading"]))
    return player.habit, np.array(track)


@pytest.mark.parametrize("habit", [Explorer, Sightseer])
def test_explorers_get_to_the_place_that_they_want_to_see(game: LaunchIsland, habit: type[Explorer]) -> None:
    goals = []

    class Watched(habit):  # type: ignore[valid-type, misc]
        def goal(self, seen: object) -> tuple[float, float]:
            goals.append(super().goal(seen))
            return goals[-1]

    for seed in range(4):
        done, way = track(game, Watched, seed)
        assert done.over
        assert standable([goals[-1]]).all()
        assert np.hypot(*(way[-1, :2] - goals[-1])) < 130


def test_sightseers_look_elsewhere_than_they_walk(game: LaunchIsland) -> None:
    def beside(habit: type[Habit]) -> float:
        ways = [track(game, habit, seed)[1][4:] for seed in range(4)]
        moves = np.concatenate([np.diff(way[:, :2], axis=0) for way in ways])
        off = np.degrees(np.arctan2(moves[:, 1], moves[:, 0])) - np.concatenate([way[:-1, 2] for way in ways])
        moved = np.hypot(*moves.T) > 15
        return float((np.abs((off[moved] + 180) % 360 - 180) > 45).mean())

    assert beside(Sightseer) > 0.4
    assert beside(Explorer) < 0.2


def test_yard_explorers_walk_about_in_one_of_the_yards(game: LaunchIsland) -> None:
    for seed in range(3):
        done, way = track(game, YardExplorer, seed)
        assert isinstance(done, YardExplorer)
        low, high = np.asarray(done.yard)
        assert done.yard in YARDS
        assert ((way[-30:, :2] > low - 60) & (way[-30:, :2] < high + 60)).all(axis=1).mean() > 0.6


def test_lookers_turn_far_and_stay_about_where_they_are(game: LaunchIsland) -> None:
    for seed in range(8):
        done, way = track(game, Looker, seed)
        turned = np.unwrap(np.radians(way[:, 2]))
        assert done.over
        assert np.ptp(turned) > np.radians(100)
        assert np.hypot(*(way[-1, :2] - way[0, :2])) < 450
