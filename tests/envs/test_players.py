from collections.abc import Iterator

import numpy as np
import pytest

from envs.gamepad import NEUTRAL, action_space
from envs.island import PAD_SIZE, PADS
from envs.launch_island import LaunchIsland
from envs.pilot import TURN
from envs.players import Runner
from envs.population import KINDS, Kind
from envs.route import route
from envs.temper import Temper


@pytest.fixture(scope="module")
def game() -> Iterator[LaunchIsland]:
    env = LaunchIsland(size=32, strollers=0)
    yield env
    env.close()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_kind_plays_legally_the_same_again_and_differently_by_seed(game: LaunchIsland, kind: Kind) -> None:
    def play(seed: int) -> list[list[int]]:
        rng = np.random.default_rng(seed)
        player = kind.build(Temper.draw(rng, **kind.knobs), rng, "left")
        _, info = game.reset(seed=5, options={"spawn": 0})
        actions = []
        for _ in range(10):
            action = player.act(info)
            assert action.dtype == np.int64
            assert action_space().contains(action)
            info = game.step(action)[-1]
            actions.append(action.tolist())
        return actions

    first = play(1)
    assert play(1) == first
    assert any(play(seed) != first for seed in range(2, 6))


def test_the_stick_turns_the_camera_as_the_pilot_believes(game: LaunchIsland) -> None:
    _, info = game.reset(seed=0, options={"spawn": 0})
    for _ in range(4):  # a new episode does not listen for its first two steps
        info = game.step(np.asarray(NEUTRAL))[-1]
    before = info["heading"]
    for _ in range(2):  # steps last 3 and 4 tics
        info = game.step(np.array([0] * 12 + [5, 5, 7, 5]))[-1]
    assert before - info["heading"] == pytest.approx(2 * TURN * (2 / 5) ** 2, abs=1)


@pytest.mark.parametrize("side", [-1, 1])
def test_a_missed_pad_is_taken_from_behind(game: LaunchIsland, side: int) -> None:
    rng = np.random.default_rng(1)
    player = Runner(Temper(noise=0.7, pace=1.0), rng, "middle", miss=20.0)
    _, info = game.reset(seed=2, options={"spawn": 2, "character": "ninja"})
    x, y = PADS["middle"]
    player.path = route(info["position"], (x + side * 150, y + 20), rng, spread=0.0)  # to the wall beside it
    places, headings, over = [], [], False
    while not over:
        _, _, terminated, truncated, info = game.step(player.act(info))
        places.append(info["position"] - PADS["middle"])
        headings.append(info["heading"])
        over = terminated or truncated
    assert info["outcome"] == "middle"
    across, along = np.stack(places).T
    assert np.any((along > 0) & (side * across > PAD_SIZE / 2)), "it was past the pad's middle, beside the pad"
    assert along.max() > PAD_SIZE / 2 - 16, "it ran into the wall behind"
    assert abs(headings[-1] % 360 - 90) > 45, "and came back another way"
    assert along[-1] < along.max()
