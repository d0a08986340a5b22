from pathlib import Path

import pytest
from mounts import mounted

PROGRAM = """
from padzoo.core.errors import GameCrashed
from padzoo.envs.island import engine
from padzoo.envs.island.launch_island import LaunchIsland

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
