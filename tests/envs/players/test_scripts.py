from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from walker import record

from padzoo.core import codec
from padzoo.core.episode import Start
from padzoo.core.errors import GameCrashed
from padzoo.core.gamepad import NEUTRAL
from padzoo.core.trajectory import Trajectory
from padzoo.envs.game import Game
from padzoo.envs.game_pool import GamePool
from padzoo.envs.island.launch_island import LaunchIsland
from padzoo.envs.players.demonstrators import curated
from padzoo.envs.players.population import population, runners
from padzoo.envs.players.scripted_player import Script
from padzoo.envs.players.scripts import Play, Scripts


def pool_of(games: int, max_steps: int = 100) -> GamePool:
    return GamePool("padzoo/LaunchIsland-v0", games, {"size": 32, "max_steps": max_steps})


def same(one: Trajectory, other: Trajectory) -> bool:
    parts = [(run.frames, run.actions, np.asarray(run.positions)) for run in (one, other)]
    return one.meta == other.meta and all(map(np.array_equal, *parts))


class Stander:
    """A player that presses nothing, and does something else at its fifth step."""

    def __init__(self, fifth: Callable[[], object] = lambda: None) -> None:
        self.fifth = fifth
        self.steps = 0

    def act(self, info: Mapping[str, Any]) -> NDArray[np.int64]:
        self.steps += 1
        if self.steps == 5:
            self.fifth()
        return np.asarray(NEUTRAL)


def first_try(script: Script) -> Scripts:
    """Gives the curated list, but with another player the first time that game 0 is asked for."""
    tries = [script]

    def draw(index: int, attempt: int) -> Play:
        play = curated(0).draw(index, attempt)
        return replace(play, script=tries.pop()) if index == 0 and tries else play

    return Scripts(draw)


@pytest.mark.parametrize("player", [population, runners])
def test_recordings_do_not_depend_on_the_number_of_games(player: Callable[[int], Scripts]) -> None:
    args = player(0).args | {"size": 32, "max_steps": 40}
    with GamePool("padzoo/LaunchIsland-v0", 1, args) as pool:
        alone = list(record(pool, player(0), 5))
    with GamePool("padzoo/LaunchIsland-v0", 3, args) as pool:
        together = list(record(pool, player(0), 5))
    assert all(map(same, alone, together))
    assert not same(alone[0], alone[1])


def test_a_recording_holds_what_was_seen_when_each_action_was_chosen() -> None:
    with pool_of(1) as pool:
        run = next(record(pool, curated(0), 1))
    length = len(run)
    assert run.frames.shape == (length, 32, 32, 3)
    assert run.actions.shape == (length, 16)
    assert run.positions is not None
    assert run.positions.shape == (length, 3)
    assert (run.frames.dtype, run.actions.dtype, run.positions.dtype) == (np.uint8, np.int8, np.float32)
    with pool_of(1) as pool:  # replay it
        pool.reset(0, run.meta["seed"], {"spawn": run.meta["spawn"], "character": run.meta["character"]})
        for frame, action, (x, y, heading) in zip(run.frames, run.actions, run.positions, strict=True):
            info = pool.wait(0).info
            assert np.array_equal(codec.roundtrip(pool.observations[0]), frame)
            assert (*info["position"], info["heading"]) == pytest.approx((x, y, heading), rel=1e-6)
            pool.step(0, action.astype(np.int64))
        assert pool.wait(0).info["outcome"] == run.meta["outcome"] == run.meta["pad"]


def test_a_run_that_must_reach_its_pad_is_repeated_until_it_does() -> None:
    with pool_of(2, 80) as pool:
        runs = list(record(pool, first_try(Stander()), 3))
    assert [run.meta["outcome"] for run in runs] == ["left", "middle", "right"]
    assert runs[0].meta["seed"] == curated(0).draw(0, 1).start.seed


def test_a_crashed_game_is_played_again_as_if_nothing_had_happened() -> None:
    built: list[LaunchIsland] = []

    def build() -> LaunchIsland:
        built.append(LaunchIsland(size=32))
        return built[-1]

    with GamePool(build, 1) as pool:
        crashed = next(record(pool, first_try(Stander(lambda: built[-1].kill())), 1))
        assert len(built) == 2
        undisturbed = next(record(pool, curated(0), 1))
    assert same(crashed, undisturbed)


def test_a_game_that_crashes_every_time_is_given_up() -> None:
    built: list[LaunchIsland] = []

    def build() -> LaunchIsland:
        built.append(LaunchIsland(size=32))
        return built[-1]

    def draw(index: int, attempt: int) -> Play:
        return replace(curated(0).draw(index, attempt), script=Stander(lambda: built[-1].kill()))

    with GamePool(build, 1) as pool, pytest.raises(GameCrashed, match=r"game 0 .* crashed 3 times in a row"):
        next(record(pool, Scripts(draw), 1))
    assert len(built) == 4


def test_a_reader_may_stop_early() -> None:
    with pool_of(2, 20) as pool:
        recordings = record(pool, runners(0), 10)
        assert len(list(islice(recordings, 1))) == 1
        recordings.close()  # type: ignore[attr-defined]
        pool.reset(0, 0)
        assert not pool.wait(0).crashed


def test_the_first_error_is_the_one_reported() -> None:
    def draw(index: int, attempt: int) -> Play:
        return replace(curated(0).draw(index, attempt), start=Start(0, {"spawn": 7 + index}))

    with pool_of(2) as pool:
        with pytest.raises(ValueError, match="spawn 7: allowed"):  # not that of game 1, which is under way meanwhile
            next(record(pool, Scripts(draw), 2))
        pool.reset(1, 0)
        assert not pool.wait(1).crashed


def test_an_option_that_the_game_does_not_know_is_reported_as_the_game_says_it() -> None:
    with pool_of(1) as pool, pytest.raises(ValueError, match="spawn 7: allowed 0, 1, 2, 3"):
        next(record(pool, runners(0, spawn=7), 1))


def test_scripts_play_the_game_that_they_are_made_for() -> None:
    assert population(0, length=40).on(Game(args={"sky": "day"})).args == {"sky": "day", "match": True, "max_steps": 40}
    assert curated(0).on(Game()) == Game()
    with pytest.raises(ValueError, match="env_args max_steps 100: the player sets it; allowed: 300"):
        population(0).on(Game(args={"max_steps": 100}))
