"""The start of the game engine's process, which may fail."""

import ctypes
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import vizdoom as vzd

from padzoo.core.errors import GameCrashed
from padzoo.core.shared_memory import PLACE

QUEUE: Final = "ViZDoomMQCtr"  # and ten letters that are one game's
# Signals to a whole job, which would end a game in the moment before it has left its group.
HELD: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1)
LOOKED_AT_EVERY: Final = 0.05  # seconds
APPEARS: Final = 60.0  # seconds in which the process is there, on a machine that has other things to do
LAST_WORDS: Final = 5.0  # seconds in which the library reports by itself that the process is gone


def start(game: vzd.DoomGame, processes: Callable[[], list[int]]) -> None:
    """Starts the engine.

    If its process dies before its first message, ViZDoom's library reads through a null pointer. The signal's handler
    holds the thread in which that happened, and it stays there; nobody waits for it. A signal that unwinds this process
    is held up meanwhile: to close a game that starts would be a segmentation fault, too.

    Args:
        game: The game, with all of its settings.
        processes: Returns the ids of its processes.

    Raises:
        GameCrashed: If the engine's process died as it started.
        Exception: Whatever else the library raised.
    """
    errors: list[BaseException] = []
    done = threading.Event()  # an interrupted `Thread.join` would take the thread for ended

    def run() -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, HELD)
        try:
            game.init()
        except BaseException as error:
            errors.append(error)
        done.set()

    before = set(PLACE.glob(QUEUE + "*"))
    libc, thread = ctypes.CDLL(None), threading.Thread(target=run, name="engine start", daemon=True)
    libc.signal.restype, libc.signal.argtypes = ctypes.c_void_p, (ctypes.c_int, ctypes.c_void_p)
    handler = libc.signal(signal.SIGSEGV, ctypes.cast(libc.pause, ctypes.c_void_p))
    try:
        try:
            thread.start()
            ended = _comes(done, processes)
        except BaseException:
            _comes(done, processes)
            raise
        if not ended:
            raise GameCrashed("the game engine died as it started")
    finally:
        libc.signal(signal.SIGSEGV, handler)
        _unlink_shared(set(PLACE.glob(QUEUE + "*")) - before)
    if errors:
        raise errors[0]


def _comes(done: threading.Event, processes: Callable[[], list[int]]) -> bool:
    """Waits for the start's end; returns whether it came, and not that of the process alone."""
    deadline = time.monotonic() + APPEARS
    while not done.wait(LOOKED_AT_EVERY):
        if processes():
            deadline = time.monotonic() + LAST_WORDS
        elif time.monotonic() > deadline:
            return False
    return True


def _unlink_shared(queues: set[Path]) -> None:
    """Takes the names from the shared memory of the game started here: it is gone with its processes, however they end.

    Args:
        queues: Those made meanwhile; other processes start games too.
    """
    held = Path("/proc/self/maps").read_text()
    for queue in queues:
        for path in PLACE.glob("*" + queue.name.removeprefix(QUEUE)) if queue.name in held else ():
            path.unlink(missing_ok=True)
