from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray
from walker import press

from padzoo.envs.island.conditions import CONDITIONS, FIRST_THIRD, NUDGE, Beginning
from padzoo.envs.island.ground import standable
from padzoo.envs.island.launch_island import LaunchIsland
from padzoo.envs.island.plan import SPAWNS


@pytest.fixture(scope="module")
def game() -> Iterator[LaunchIsland]:
    env = LaunchIsland(size=32)
    yield env
    env.close()


def film(env: LaunchIsland, condition: str | None, seed: int = 3, steps: int = 25) -> NDArray[np.uint8]:
    options = {} if condition is None else {"condition": condition}
    frames = [env.reset(seed=seed, options=options)[0]]
    frames += [env.step(press(left_y=9, right_x=5 + step % 2))[0] for step in range(steps)]
    return np.stack(frames)


@pytest.mark.parametrize("condition", CONDITIONS)
def test_same_start_and_actions_give_the_same_frames_whatever_was_played_before(
    game: LaunchIsland, condition: str
) -> None:
    for other in CONDITIONS:
        film(game, other, seed=8, steps=7)
    used = film(game, condition)
    fresh = LaunchIsland(size=32)
    try:
        assert (used == film(fresh, condition)).all()
    finally:
        fresh.close()
    assert (used != film(game, condition, seed=4)).any()


def test_the_usual_condition_is_what_is_played_if_none_is_named(game: LaunchIsland) -> None:
    assert (film(game, None) == film(game, "spawn")).all()


def test_turned_is_the_same_episode_facing_elsewhere(game: LaunchIsland) -> None:
    headings = []
    for seed in range(12):
        plain, turned = (game.reset(seed=seed, options={"condition": name})[1] for name in ("spawn", "turned"))
        assert (plain["spawn"], plain["character"]) == (turned["spawn"], turned["character"])
        assert turned["position"] == pytest.approx(SPAWNS[turned["spawn"]], abs=0.1)
        headings.append(turned["heading"])
    assert np.ptp(headings) > 180


def test_anywhere_begins_on_the_ground_and_at_no_spawn_point(game: LaunchIsland) -> None:
    infos = [game.reset(seed=seed, options={"condition": "anywhere"})[1] for seed in range(12)]
    assert standable([info["position"] for info in infos]).all()
    assert np.ptp([info["position"][1] for info in infos]) > 800
    assert np.ptp([info["heading"] for info in infos]) > 180
    assert not any("spawn" in info for info in infos)
    _, _, terminated, truncated, _ = game.step(press())
    assert not terminated
    assert not truncated


def test_nudged_turns_the_camera_once_on_the_way(game: LaunchIsland) -> None:
    for seed in range(4):
        headings = []
        _, info = game.reset(seed=seed, options={"condition": "nudged"})
        for _ in range(30):
            headings.append(info["heading"])
            info = game.step(press())[4]
        turns = np.diff(headings)
        (step,) = np.flatnonzero(np.abs((turns + 180) % 360 - 180) > 1)
        assert FIRST_THIRD[0] <= step <= FIRST_THIRD[1]
        assert NUDGE[0] - 1 <= turns[step] % 360 <= NUDGE[1] + 1


def test_the_usual_condition_takes_nothing_of_the_generator() -> None:
    used, untouched = np.random.default_rng(0), np.random.default_rng(0)
    assert Beginning.draw("spawn", used) == Beginning()
    assert used.random() == untouched.random()


def test_an_unknown_condition_is_refused(game: LaunchIsland) -> None:
    with pytest.raises(ValueError, match=r"^condition 'blind': allowed spawn, anywhere, turned, nudged"):
        game.reset(seed=0, options={"condition": "blind"})
