from collections.abc import Iterator

import numpy as np
import pytest

from padzoo.core.gamepad import NEUTRAL, action_space
from padzoo.envs.island.launch_island import LaunchIsland
from padzoo.envs.island.plan import PAD_SIZE
from padzoo.envs.players.pilot import TURN
from padzoo.envs.players.population import KINDS, Kind
from padzoo.envs.players.route import route
from padzoo.envs.players.runner import Runner
from padzoo.envs.players.scripted_player import ScriptedPlayer
from padzoo.envs.players.temper import Temper


@pytest.fixture(scope="module")
def game() -> Iterator[LaunchIsland]:
    env = LaunchIsland(size=32, strollers=0)
    yield env
    env.close()


def runner(rng: np.random.Generator, pad: str) -> ScriptedPlayer:
    return ScriptedPlayer(Temper(noise=0.7, pace=1.0), rng, lambda *body: Runner(*body, pad, miss=20.0))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_kind_plays_legally_the_same_again_and_differently_by_seed(game: LaunchIsland, kind: Kind) -> None:
    def play(seed: int) -> list[list[int]]:
        rng = np.random.default_rng(seed)
        player = ScriptedPlayer(Temper.draw(rng, **kind.knobs), rng, lambda *body: kind.build(*body, "left"))
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
def test_who_ends_elsewhere_runs_into_the_wall_then_turns_round(game: LaunchIsland, side: int) -> None:
    rng = np.random.default_rng(1)
    player = runner(rng, "middle")
    _, info = game.reset(seed=2, options={"spawn": 2, "character": "ninja"})
    player.habit.path = route(info["position"], (side * 250, 200), rng, spread=0.0)  # to the side of the yard
    places, over = [], False
    while not over:
        _, _, terminated, truncated, info = game.step(player.act(info))
        places.append(info["position"])
        over = terminated or truncated
    moved = np.hypot(*np.diff(places, axis=0).T)
    stuck = (side * np.stack(places)[1:, 0] > 300) & (moved < 14)
    assert stuck.any(), "it ran into the wall"
    assert info["outcome"] == "middle", "and came back"


@pytest.mark.parametrize(("side", "pad"), [(-1, "left"), (1, "right")])
def test_who_runs_beside_a_pad_is_led_to_it_by_the_headland(game: LaunchIsland, side: int, pad: str) -> None:
    rng = np.random.default_rng(1)
    player = runner(rng, pad)
    _, info = game.reset(seed=2, options={"spawn": 2, "character": "ninja"})
    player.habit.path = route(info["position"], (side * 350, 1600), rng, spread=0.0)
    beside, over = False, False
    while not over:
        _, _, terminated, truncated, info = game.step(player.act(info))
        x, y = info["position"]
        beside |= side * x < 520 - PAD_SIZE / 2 - 16 and y > 1560
        over = terminated or truncated
    assert beside
    assert info["outcome"] == pad
