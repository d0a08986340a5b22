from collections.abc import Iterator

import numpy as np
import pytest

from padzoo.envs.island.launch_island import LaunchIsland
from padzoo.envs.players.company import NEAR, Fleer, Follower, Meeting, noticed
from padzoo.envs.players.pilot import Sight
from padzoo.envs.players.scripted_player import ScriptedPlayer
from padzoo.envs.players.temper import Temper


@pytest.fixture(scope="module")
def game() -> Iterator[LaunchIsland]:
    env = LaunchIsland(size=8, strollers=6, match=True)
    yield env
    env.close()


def distances(game: LaunchIsland, habit: type[Meeting], seed: int, steps: int = 30) -> list[float]:
    """How far the player is from the one it meets, step by step; none if it meets nobody."""
    player = ScriptedPlayer(Temper(noise=0.3), np.random.default_rng(seed), habit)
    assert isinstance(player.habit, Meeting)
    _, info = game.reset(seed=seed, options={"condition": "anywhere"})
    found = []
    for _ in range(steps):
        info = game.step(player.act(info))[4]
        if player.habit.over:
            break
        if player.habit.other is not None:
            found.append(float(np.hypot(*(player.habit.other - info["position"]))))
    return found


def test_a_match_says_where_the_others_are_and_they_walk(game: LaunchIsland) -> None:
    _, info = game.reset(seed=1)
    before = info["others"]
    for _ in range(20):
        info = game.step(np.array([0] * 12 + [5] * 4))[4]
    assert before.shape == info["others"].shape == (6, 2)
    assert np.hypot(*(info["others"] - before).T).max() > 30
    run = LaunchIsland(size=8)
    try:
        assert "others" not in run.reset(seed=1)[1]
    finally:
        run.close()


def test_followers_come_near_and_stay_there(game: LaunchIsland) -> None:
    met = [found for found in (distances(game, Follower, seed, 60) for seed in range(24)) if len(found) > 40]
    assert len(met) >= 3
    assert sum(np.min(found) < 1.5 * NEAR for found in met) >= 0.7 * len(met)
    assert np.mean([found[-1] for found in met]) < 0.6 * np.mean([found[0] for found in met])


def test_who_flees_gets_away(game: LaunchIsland) -> None:
    met = [found for found in (distances(game, Fleer, seed) for seed in range(24)) if found]
    assert len(met) >= 3
    assert np.mean([max(found) - found[0] for found in met]) > 200


def test_only_who_is_on_the_screen_and_in_the_room_is_noticed() -> None:
    others = np.array([(0.0, 1500.0), (0.0, 1100.0), (0.0, 700.0)])
    assert np.array_equal(noticed(Sight(0.0, 1000.0, 90.0, 0.0, others)), (0, 1100))
    assert noticed(Sight(0.0, 1000.0, 270.0, 0.0, others)) is None, "the one in front is in the neck"
    assert noticed(Sight(0.0, 1000.0, 0.0, 0.0, others)) is None
    assert noticed(Sight(0.0, 1000.0, 90.0, 0.0)) is None
