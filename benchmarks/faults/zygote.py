"""Commands that start at once: forked from a process that has imported everything already."""

import atexit
import ctypes
import multiprocessing
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from pathlib import Path
from threading import Lock
from typing import Final

PRELOADED: Final = ("training", *(f"commands.{name}" for name in ("demos", "import_recordings", "play", "prefer")))
MORE: Final = tuple(f"commands.{name}" for name in ("pull", "push", "rollout", "score"))
CLONE_NEWNS, MS_BIND, MS_REC, MS_PRIVATE = 0x20000, 0x1000, 0x4000, 0x40000
CAPABILITIES, PR_CAPBSET_DROP, OVERRIDES = 0x20080522, 24, (1, 2)  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
CONTEXT: Final = multiprocessing.get_context("forkserver")
# A process that starts reads the status of all others, too: of two threads that read the same, one finds nothing, 255.
STATUS: Final = Lock()
CONTEXT.set_forkserver_preload([f"padzoo.{name}" for name in PRELOADED + MORE])


@dataclass(frozen=True)
class Command:
    """How a command is started.

    Args:
        words: Its command line, behind `padzoo`.
        folder: Its current folder.
        environment: Its environment.
        shared: What it has for /dev/shm: the machine's own is everybody's.
        obeys: Whether it has to obey permissions, though it is root's.
    """

    words: Sequence[str]
    folder: Path
    environment: Mapping[str, str]
    shared: Path
    obeys: bool = False


@dataclass
class Running:
    """A command that runs, forked or started anew.

    Args:
        command: What it is.
        anew: Whether it is a process started anew, which imports everything itself.
    """

    command: Command
    anew: bool
    returncode: int | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        if self.anew:
            # The same function, in a Python of its own, which becomes the command.
            words = [sys.executable, "-W", "ignore", "-c", "import zygote, sys; zygote.start_anew(sys.argv[1:])"]
            places = [str(self.command.shared), str(int(self.command.obeys))]
            path = os.pathsep.join([str(Path(__file__).parent), self.command.environment.get("PYTHONPATH", "")])
            with (self.command.folder / "errors").open("wb") as errors:
                self._popen = subprocess.Popen(
                    [*words, *places, *self.command.words],
                    cwd=self.command.folder,
                    env={**self.command.environment, "PYTHONPATH": path},
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=errors,
                    start_new_session=True,
                )
            self.pid = self._popen.pid
        else:
            self._process = CONTEXT.Process(target=run, args=(self.command,))
            with STATUS:
                self._process.start()
            assert self._process.pid is not None
            self.pid = self._process.pid

    def poll(self) -> int | None:
        """Returns the exit status, or the signal's number as a negative one; None while it runs."""
        with STATUS:
            self.returncode = self._popen.poll() if self.anew else self._process.exitcode
        return self.returncode

    def wait(self, seconds: float | None = None) -> bool:
        """Waits for the end; False if it did not come."""
        if self.anew:
            try:
                self._popen.wait(seconds)
            except subprocess.TimeoutExpired:
                return False
        else:
            wait([self._process.sentinel], seconds)
        return self.poll() is not None


def start_anew(words: Sequence[str]) -> None:
    """Becomes a command: its place for shared memory, whether it obeys permissions, and its words."""
    _enter(Path(words[0]), words[1] == "1")
    os.execv(sys.executable, [sys.executable, "-W", "ignore", "-m", "padzoo", *words[2:]])


def run(command: Command) -> None:
    """Runs a command in a process that was forked for it, and ends the process as Python does."""
    os.setsid()
    try:
        status = _main(command)
    except SystemExit as stopped:
        status = stopped.code if isinstance(stopped.code, int) else int(stopped.code is not None)
    except KeyboardInterrupt:  # before the command line has begun
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
        raise
    except BaseException:
        traceback.print_exc()
        status = 1
    atexit._run_exitfuncs()
    os._exit(status)


def _main(command: Command) -> int:
    multiprocessing.set_start_method(None, force=True)  # that of the fork server is ours, not the command's
    os.chdir(command.folder)
    os.environ.clear()
    os.environ.update(command.environment)
    for name, number, flags in (
        ("/dev/null", 0, os.O_RDONLY),
        ("/dev/null", 1, os.O_WRONLY),
        ("errors", 2, os.O_WRONLY),
    ):
        os.dup2(os.open(name, flags | os.O_CREAT | os.O_TRUNC * (number == 2), 0o666), number)
    _enter(command.shared, command.obeys)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv = [str(Path(sys.executable).with_name("padzoo")), *command.words]
    from padzoo.cli import main

    return main()


def _enter(shared: Path, obeys: bool) -> None:
    """Puts a folder in the place of /dev/shm, for this process and its children, and gives up root's privilege."""
    libc = ctypes.CDLL(None, use_errno=True)
    calls = [
        libc.unshare(CLONE_NEWNS),
        libc.mount(None, b"/", None, MS_REC | MS_PRIVATE, None),
        libc.mount(str(shared).encode(), b"/dev/shm", None, MS_BIND, None),
    ]
    if obeys:
        header, sets = (ctypes.c_uint32 * 2)(CAPABILITIES, 0), (ctypes.c_uint32 * 6)()
        calls += [libc.capget(header, sets)]
        for place in range(3):  # effective, permitted, inheritable
            sets[place] &= ~sum(1 << number for number in OVERRIDES)
        calls += [libc.prctl(PR_CAPBSET_DROP, number) for number in OVERRIDES] + [libc.capset(header, sets)]
    if any(calls):
        raise OSError(ctypes.get_errno(), "no mounts of one's own")
    signal.signal(signal.SIGINT, signal.default_int_handler)
