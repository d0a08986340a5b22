import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from walker import press, traces

from padzoo.envs import GameCrashed
from padzoo.envs.game_pool import GamePool
from padzoo.envs.island.launch_island import LaunchIsland

ISLAND = "padzoo/LaunchIsland-v0"
GAMES = 3


def actions(game: int, steps: int) -> list[NDArray[np.int64]]:
    rng = np.random.default_rng(game)
    return [press(left_y=9, right_x=int(rng.integers(4, 7)), a=int(rng.random() < 0.2)) for _ in range(steps)]


def start(pool: GamePool) -> None:
    for index in range(len(pool)):
        pool.reset(index, seed=index)
    for index in range(len(pool)):
        assert not pool.wait(index).crashed


def test_games_side_by_side_play_as_each_alone() -> None:
    alone = []
    for index in range(GAMES):
        env = LaunchIsland(size=64)
        frames = [env.reset(seed=index)[0]]
        frames += [env.step(action)[0] for action in actions(index, 20)]
        alone.append(np.stack(frames))
        env.close()
    with GamePool(ISLAND, GAMES, {"size": 64}) as pool:
        assert pool.observations.shape == (GAMES, 64, 64, 3)
        start(pool)
        together = [pool.observations.copy()]
        for step in zip(*(actions(index, 20) for index in range(GAMES)), strict=True):
            for index, action in enumerate(step):
                pool.step(index, action)
            for index in reversed(range(GAMES)):
                assert pool.wait(index).info["outcome"] == "none"
            together.append(pool.observations.copy())
    assert (np.stack(together, axis=1) == np.stack(alone)).all()


def test_a_killed_game_is_reported_restarted_and_the_others_are_unharmed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    threads = threading.active_count()
    with GamePool(ISLAND, 2, {"size": 64}) as pool:
        start(pool)
        first = pool.observations[0].copy()
        pid, killed = traces(pool._seats[0].env)
        os.kill(pid, signal.SIGKILL)
        pool.step(0, press())
        pool.step(1, press())
        assert pool.wait(0).crashed
        assert not pool.wait(1).crashed
        assert not any(path.exists() for path in killed)
        pool.reset(0, seed=0)
        transition = pool.wait(0)
        assert (transition.crashed, transition.terminated) == (False, False)
        assert (pool.observations[0] == first).all()
        closed = [path for seat in pool._seats for path in traces(seat.env)[1]]
    assert not any(path.exists() for path in closed)
    assert not list(tmp_path.iterdir())
    assert threading.active_count() == threads


def test_a_game_that_does_not_answer_is_killed_and_counts_as_crashed() -> None:
    with GamePool(ISLAND, 1, {"size": 64}, patience=1.0) as pool:
        start(pool)
        os.kill(traces(pool._seats[0].env)[0], signal.SIGSTOP)
        begin = time.monotonic()
        pool.step(0, press())
        assert pool.wait(0).crashed
        assert time.monotonic() - begin < 20
        pool.reset(0, seed=0)
        assert not pool.wait(0).crashed


def test_a_bad_option_is_raised_where_it_is_waited_for_and_the_game_goes_on() -> None:
    with GamePool(ISLAND, 1, {"size": 64}) as pool:
        pool.reset(0, seed=0, options={"spawn": 7})
        with pytest.raises(ValueError, match=r"^spawn 7: allowed 0, 1, 2, 3$"):
            pool.wait(0)
        start(pool)
        assert pool.outcomes == LaunchIsland.outcomes


def test_calls_out_of_turn_are_refused() -> None:
    with GamePool(ISLAND, 1, {"size": 64}) as pool:
        with pytest.raises(RuntimeError, match="submit one first"):
            pool.wait(0)
        pool.reset(0, seed=0)
        with pytest.raises(RuntimeError, match="wait for it first"):
            pool.step(0, press())
        pool.wait(0)


def test_a_pool_has_at_least_one_game() -> None:
    with pytest.raises(ValueError, match=r"^games 0: allowed"):
        GamePool(ISLAND, 0)


class Stuck(LaunchIsland):
    """A game that cannot even be killed while it starts."""

    def reset(self, **_: Any) -> tuple[NDArray[np.uint8], dict[str, Any]]:
        time.sleep(1.5)
        return np.zeros((64, 64, 3), np.uint8), {}


def test_a_game_that_cannot_be_killed_is_an_error_not_a_hang() -> None:
    with GamePool(lambda: Stuck(size=64), 1, patience=0.5) as pool:
        pool.reset(0, seed=0)
        with pytest.raises(GameCrashed, match="has not answered for"):
            pool.wait(0)


def test_a_signal_as_a_thread_starts_leaves_no_game_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = threading.Event()

    class Slow(LaunchIsland):
        def close(self) -> None:
            super().close()
            closed.set()

    def interrupted(self: threading.Thread, start: Callable[[threading.Thread], None] = threading.Thread.start) -> None:
        start(self)
        if self.name.startswith("game-"):
            raise KeyboardInterrupt

    monkeypatch.setattr(threading.Thread, "start", interrupted)
    threads = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        GamePool(lambda: Slow(size=64), 2)
    assert closed.is_set()
    assert threading.active_count() == threads
