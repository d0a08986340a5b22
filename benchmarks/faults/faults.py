"""What can go wrong around a command."""

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, get_args

from bad_server import Failure
from missions import Mission
from trial import Trial
from zygote import Running

SHIM: Final = """
import threading, time
_time, _jump = time.time, 0.0
def _later():
    global _jump
    time.sleep({after})
    _jump = {jump}
threading.Thread(target=_later, daemon=True).start()
time.time = lambda: _time() + _jump
"""


@dataclass(frozen=True)
class Reference:
    """The command without a fault.

    Args:
        seconds: How long it took.
        begins: When there was something of what it makes.
        bytes: Size of what it makes.
        made: The digests of that; see `Trial.made`.
    """

    seconds: float
    begins: float
    bytes: int
    made: dict[str, str]


Before = Callable[[Trial, random.Random, Reference], None]
During = Callable[[Trial, Running, random.Random, Reference], bool]


def _nothing(trial: Trial, rng: random.Random, reference: Reference) -> None:
    """Nothing is prepared."""


def _there(trial: Trial, process: Running, rng: random.Random, reference: Reference) -> bool:
    """It is there from the beginning."""
    return True


@dataclass(frozen=True)
class Fault:
    """One kind of fault.

    Args:
        name: What it is called in the report.
        before: Prepares the trial's place.
        during: Strikes the running command; returns whether it did, and did not come too late.
        number: The signal that the command itself is sent.
        applies: Whether it can befall a command.
        failure: How the web server fails.
        once: Whether it does so once.
    """

    name: str
    before: Before = _nothing
    during: During = _there
    number: signal.Signals | None = None
    applies: Callable[[Mission], bool] = lambda mission: True
    failure: Failure | None = None
    once: bool = False


def wait(trial: Trial, process: Running, rng: random.Random, reference: Reference) -> bool:
    """Waits for a drawn moment, half of the time one after the command has begun to write; False if it has ended."""
    late, share = rng.random() < 0.5, rng.random()
    begun = reference.begins if late else 0.0
    while late and process.poll() is None and not any((trial.folder / "place").iterdir()):
        time.sleep(0.01)
    deadline = time.monotonic() + share * (reference.seconds - begun)
    while process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    return process.poll() is None


def _signal(number: signal.Signals, group: bool) -> Fault:
    def strike(trial: Trial, process: Running, rng: random.Random, reference: Reference) -> bool:
        if not wait(trial, process, rng, reference):
            return False
        return _kill(os.killpg if group else os.kill, process.pid, number)

    return Fault(f"{number.name} to the {'group' if group else 'process'}", during=strike, number=number)


def _kill_child(trial: Trial, process: Running, rng: random.Random, reference: Reference) -> bool:
    if not wait(trial, process, rng, reference):
        return False
    engines = trial.mission.children == "engine"
    while process.poll() is None:
        others = [pid for pid in trial.running() if pid != process.pid]
        found = [pid for pid in others if (b"vizdoom" in _words(pid)) == engines]
        if found and _kill(os.kill, rng.choice(found), signal.SIGKILL):
            return True
    return False


def _kill(kill: Callable[[int, int], None], process: int, number: int) -> bool:
    """Sends a signal; returns whether there was still, or already, somebody to get it."""
    try:
        kill(process, number)
    except ProcessLookupError:
        return False
    return True


def _words(process: int) -> bytes:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:  # it ended meanwhile
        return b""


def mount(folder: Path, options: str) -> None:
    """Mounts a file system in memory over a folder.

    Args:
        folder: The folder.
        options: Of the mount, as `size=1m`.
    """
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], check=True)


def _full(trial: Trial, rng: random.Random, reference: Reference) -> None:
    size = int(reference.bytes * rng.uniform(0.0, 1.5))
    mount(trial.folder / "place", f"size={max(size, 4096)}")


def _full_cache(trial: Trial, rng: random.Random, reference: Reference) -> None:
    mount(trial.folder / "cache", f"size={max(int(reference.bytes * rng.random()), 4096)}")


def _over(name: str, *options: str) -> Before:
    def before(trial: Trial, rng: random.Random, reference: Reference) -> None:
        mount(trial.folder / name, rng.choice(options))

    return before


def _forbid(trial: Trial, rng: random.Random, reference: Reference) -> None:
    (trial.folder / "place").chmod(0o555)
    trial.obeys = True


def _jump(trial: Trial, rng: random.Random, reference: Reference) -> None:
    after, days = rng.uniform(0, reference.seconds), rng.choice([-3650, -1, 1, 3650])
    (trial.folder / "shim").mkdir()
    (trial.folder / "shim" / "sitecustomize.py").write_text(SHIM.format(after=after, jump=86400 * days))
    trial.variables["PYTHONPATH"] = os.pathsep.join([str(trial.folder / "shim"), os.environ.get("PYTHONPATH", "")])


def _makes_here(mission: Mission) -> bool:
    return mission.makes != "cache"


def _asks(mission: Mission) -> bool:
    return mission.makes == "cache" or "{web}" in mission.arguments


SIGNALS: Final = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)
FAULTS: Final = (
    *(_signal(number, group) for number in SIGNALS for group in (False, True)),
    Fault("a process of its own killed", during=_kill_child, applies=lambda mission: bool(mission.children)),
    Fault("disk full", _full, applies=_makes_here),
    Fault("disk full, cache", _full_cache, applies=lambda mission: mission.makes == "cache"),
    Fault("TMPDIR full", _over("tmp", "size=4k", "size=64k", "size=1m")),
    Fault("TMPDIR without programs", _over("tmp", "noexec")),
    Fault("read-only folder", _over("place", "ro"), applies=_makes_here),
    Fault("no write permission", _forbid, applies=_makes_here),
    Fault("small /dev/shm", _over("shm", "size=64m", "size=1m", "size=4k")),
    Fault("the clock jumps", _jump),
    *(
        Fault(f"the server {failure} {'once' if once else 'always'}", applies=_asks, failure=failure, once=once)
        for failure in get_args(Failure)
        for once in (True, False)
    ),
)
