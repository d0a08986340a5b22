"""What came of a fault."""

import os
import signal
import subprocess
import time
from dataclasses import dataclass, field
from typing import Final

from bad_server import BadServer
from faults import Fault, Reference
from missions import UPDATES
from trial import ENDS_IN, Trial, step
from zygote import Running

PATIENCE: Final = 180.0  # seconds that a command may take longer than without a fault, before it counts as hanging
STALLS: Final = 30  # seconds without a byte after which our own connections give up, five times


@dataclass
class Verdict:
    """What came of a fault.

    Args:
        number: Its number in the campaign.
        mission: The command.
        fault: The kind of fault.
        struck: Whether it came before the command's end.
        status: The exit status, or the signal's number as a negative one.
        seconds: From the fault, or else the command's start, to the end.
        ended: `finished` as without the fault, or `gave up`.
        after: What the same command gave afterwards: `same bytes`, or empty where nothing was left to do.
        line: The last line on standard error.
        problems: `hangs`, `left running`, `left in /dev/shm`, `left in TMPDIR`, `lost`, `silent`, `traceback`,
            `other bytes`.
    """

    number: int
    mission: str
    fault: str
    struck: bool
    status: int
    seconds: float
    ended: str = ""
    after: str = ""
    line: str = ""
    problems: list[str] = field(default_factory=list)


def judge(
    number: int,
    trial: Trial,
    process: Running,
    fault: Fault,
    expected: Reference,
    struck: bool,
    server: BadServer,
) -> Verdict:
    """Waits for the end of a command, looks at what it left, and runs it once more without the fault.

    Args:
        number: Number of the trial.
        trial: Its place.
        process: The command.
        fault: What befell it.
        expected: The command without a fault.
        struck: Whether the fault came before its end.
        server: The web server, which is well again for the second command.
    """
    begun = time.monotonic() if fault.number else trial.started
    before = trial.checkpoint.read_bytes() if trial.checkpoint.exists() else None
    hangs = not _ends(process, ENDS_IN if fault.number else PATIENCE + 3 * expected.seconds)
    status = process.returncode
    assert status is not None
    found = Verdict(number, trial.mission.name, fault.name, struck, status, time.monotonic() - begun)
    found.problems += ["hangs"] if hangs else []
    found.problems += ["left running"] if trial.left_running() else []
    killed = fault.number is signal.SIGKILL  # nobody can tidy up: the next command does, of what is a minute old
    shared = list((trial.folder / "shm").iterdir())
    found.problems += ["left in /dev/shm"] if shared and not killed else []
    for path in shared:
        os.utime(path, (0, 0))
    left = [path for path in (trial.folder / "tmp").iterdir() if not path.name.startswith("torchinductor_")]  # a cache
    found.problems += ["left in TMPDIR"] if left and not killed else []
    _look(found, trial, fault, expected, before)
    if found.ended == "gave up":
        server.failure = None
        _repeat(found, trial, expected)
    return found


def _ends(process: Running, limit: float) -> bool:
    if process.wait(limit):
        return True
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return False


def _look(found: Verdict, trial: Trial, fault: Fault, expected: Reference, before: bytes | None) -> None:
    """Judges what is there when the command has ended."""
    errors, made = trial.errors(), trial.made()
    found.line = errors[-1] if errors else ""
    interrupted = found.status == -signal.SIGINT  # as Python itself ends, before the command line has begun
    if any(line.startswith("Traceback") for line in errors) and not interrupted:
        found.problems.append("traceback")
    if before is not None and (made is None or int(made["step"]) < step(before)):
        found.problems.append("lost")
    whole = made == expected.made
    if found.status == 0:
        found.ended = "finished"
        if not whole and not any("crash" in line for line in errors):
            found.problems.append("silent")
        return
    found.ended = "finished" if whole else "gave up"
    told = any(line.startswith(("padzoo: error:", "padzoo: stopped", "[rank: ")) for line in errors)
    signalled = fault.number is not None and found.status in (-fault.number, 128 + fault.number)
    if not told and not signalled:
        found.problems.append("silent")
    partial = made is not None and not whole
    if partial and (trial.mission.makes != "training" or int(made["step"]) > UPDATES):  # type: ignore[index]
        found.problems.append("lost")


def _repeat(found: Verdict, trial: Trial, expected: Reference) -> None:
    """Runs the same command without the fault."""
    for name in ("place", "tmp", "cache", "shm"):
        folder = trial.folder / name
        if folder.is_mount():
            subprocess.run(["mount", "-o", "remount,rw,exec,size=1g", folder], check=True)
    (trial.folder / "place").chmod(0o755)
    trial.obeys, trial.variables = False, {}
    process = trial.start()
    ended = _ends(process, PATIENCE + 3 * expected.seconds)
    if any((trial.folder / "shm").iterdir()) and trial.mission.children == "engine":
        found.problems.append("left in /dev/shm")
    if ended and process.returncode == 0 and trial.made() == expected.made:
        found.after = "same bytes"
    else:
        found.after = (trial.errors() or [""])[-1]
        found.problems.append("other bytes" if process.returncode == 0 else "does not repeat")
