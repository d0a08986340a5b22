import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import cast

import pytest
import vizdoom as vzd
from mounts import mounted

from padzoo.envs.island.startup import start

PROGRAM = """
from padzoo.core.errors import GameCrashed
from padzoo.envs.island import engine, startup
from padzoo.envs.island.launch_island import LaunchIsland

startup.LAST_WORDS = 1
launcher, engine._LAUNCHER = engine._LAUNCHER, '#!/bin/sh\\nsleep 0.1\\nexit {status}'
first = LaunchIsland(size=64)
try:
    first.reset(seed=0)
except GameCrashed as error:
    print(error)
engine._LAUNCHER = launcher
second = LaunchIsland(size=64)
second.reset(seed=0)
print("plays")
"""


@pytest.mark.parametrize("status", [0, 1])
def test_an_engine_that_ends_as_it_starts_is_a_crash_and_the_next_one_plays(
    status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    after = f"ls -A /dev/shm {tmp_path}"
    done = mounted({Path("/dev/shm"): "size=64m"}, "-c", PROGRAM.format(status=status), after=after)
    assert (done.returncode, done.stderr) == (0, "")
    empty = ["/dev/shm:", "", f"{tmp_path}:"]
    assert done.stdout.splitlines() == ["the game engine died as it started", "plays", *empty]


def test_a_signal_waits_until_a_game_has_started() -> None:
    class Slow:
        started = False

        def init(self) -> None:
            time.sleep(0.5)
            self.started = True

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    game, before = Slow(), signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    try:
        with pytest.raises(KeyboardInterrupt):
            start(cast(vzd.DoomGame, game), lambda: [1])
    finally:
        signal.signal(signal.SIGALRM, before)
    assert game.started


STORM = """
import os, signal, threading, time
from padzoo.envs.island.launch_island import LaunchIsland

signal.signal(signal.SIGTERM, lambda *_: None)
over = threading.Event()
def storm():
    while not over.wait(0.003):
        os.killpg(0, signal.SIGTERM)
thread = threading.Thread(target=storm)
thread.start()
game = LaunchIsland(size=64)
game.reset(seed=0)
over.set()
thread.join()
print("plays")
"""


def test_a_game_starts_amid_signals_to_the_whole_job() -> None:
    words = [sys.executable, "-c", STORM]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True, start_new_session=True)
    assert done.stdout == "plays\n"
