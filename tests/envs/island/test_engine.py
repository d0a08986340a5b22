import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from mounts import mounted
from walker import film, press, traces

from padzoo.envs import GameCrashed
from padzoo.envs.island.engine import _abandoned
from padzoo.envs.island.launch_island import LaunchIsland

PROGRAM = """
from padzoo.envs.island.launch_island import LaunchIsland

with_a_game = LaunchIsland(size=64)
with_a_game.reset(seed=0)
with_a_game.close()
"""


def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **options: str) -> tuple[int, str]:
    """Starts a game with file systems of some options mounted; returns the exit status and the last line of errors."""
    folders = {name: tmp_path / name for name in ("scratch", "cache")}
    for folder in folders.values():
        folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folders["scratch"]))
    monkeypatch.setenv("PADZOO_CACHE", str(folders["cache"]))
    after = f"ls -A {' '.join(map(str, folders.values()))} | grep padzoo-"
    done = mounted({folders[name]: given for name, given in options.items()}, "-c", PROGRAM, after=after)
    assert done.stdout == ""  # nothing is left
    return done.returncode, (done.stderr.splitlines() or [""])[-1]


@pytest.mark.parametrize("unfit", ["noexec", "size=64k"])
def test_where_its_files_cannot_be_the_cache_is_taken(
    unfit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert start(tmp_path, monkeypatch, scratch=unfit) == (0, "")


def test_one_line_says_what_to_do_where_neither_can(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = start(tmp_path, monkeypatch, scratch="noexec", cache="size=64k")
    reasons = f"{tmp_path / 'scratch'}: no program can be started there (noexec); {tmp_path / 'cache'}: No space left"
    message = f"ValueError: {reasons} on device; allowed: a TMPDIR with 5 MB a game where programs can be started"
    assert found == (1, message)


def test_a_game_needs_room_for_what_it_shares(tmp_path: Path) -> None:
    done = mounted({Path("/dev/shm"): "size=1m"}, "-c", PROGRAM)
    assert done.returncode == 1  # and no bus error
    assert "/dev/shm: 1,048,576 bytes are free; a game may need 11,534,336" in done.stderr.splitlines()[-1]


def test_what_a_killed_process_left_in_shared_memory_is_removed() -> None:
    program = PROGRAM.replace("with_a_game.close()", "print(*sorted(path.name for path in Path('/dev/shm').iterdir()))")
    ours = "touch -d '1 hour ago' /dev/shm/ViZDoomSMold /dev/shm/other; touch /dev/shm/ViZDoomSMnew"
    done = mounted({Path("/dev/shm"): "size=64m"}, "-c", f"from pathlib import Path{program}", before=ours)
    assert done.stdout.split() == ["ViZDoomSMnew", "other"]  # and nothing of the game that runs


def test_what_is_anothers_may_be_in_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "ViZDoomSMold"
    path.touch()
    os.utime(path, (0, 0))
    assert _abandoned(path)
    assert not _abandoned(tmp_path / "removed in between")
    monkeypatch.setattr(os, "getuid", lambda: path.stat().st_uid + 1)
    assert not _abandoned(path)


def test_a_killed_engine_is_a_crash_and_the_next_reset_starts_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    env = LaunchIsland(size=64)
    first = film(env, 2, [press()] * 3)
    pid, killed = traces(env)
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(GameCrashed):
        env.step(press())
    assert not any(path.exists() for path in killed)
    assert (film(env, 2, [press()] * 3) == first).all()
    _, closed = traces(env)
    env.close()
    env.close()
    assert not any(path.exists() for path in closed)
    assert not list(tmp_path.iterdir())


def test_nothing_is_left_when_python_ends_without_close() -> None:
    code = (
        "from padzoo.envs.island.launch_island import LaunchIsland\n"
        "island = LaunchIsland(); island.reset(seed=0); print(*island._engine.processes())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr == ""
    assert not Path(f"/proc/{int(done.stdout)}").exists()


def test_a_game_ends_with_the_process_that_was_killed() -> None:
    code = (
        "import time; from padzoo.envs.island.launch_island import LaunchIsland as L; e = L(); e.reset(seed=0); "
        "print(*e._engine.processes(), flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        games = [Path(f"/proc/{pid}") for pid in owner.stdout.readline().split()]
        assert games
        assert all(game.exists() for game in games)
        owner.kill()
    deadline = time.monotonic() + 10
    while any(game.exists() for game in games):
        assert time.monotonic() < deadline, "the game goes on without its owner"
        time.sleep(0.05)
