"""Processes that share the work of a command."""

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import cycle
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pickle import UnpicklingError
from queue import Queue
from threading import Thread
from typing import Any, Final

import torch

from padzoo.allocator import keep_freed_memory
from padzoo.core.errors import GameCrashed
from padzoo.core.parent import end_with_parent

AHEAD: Final = 64  # items that a process may be ahead of the others
ENDS_IN: Final = 5.0  # seconds in which a process has closed what it opened
Share = Callable[[int, int], Iterable[Any]]


def in_turn(share: Share, processes: int) -> Iterator[Any]:
    """Yields what several processes make: the first item of each, then the second of each, and so on.

    Args:
        share: Called with the number of a process and how many there are, in each; what it gives can be pickled.
        processes: How many.

    Raises:
        GameCrashed: If a process is gone.
        Exception: A user's error in one of them.
    """
    crew: list[tuple[BaseProcess, Connection]] = []
    try:
        for number in range(processes):
            crew.append(_start(share, number, processes))
        for process, pipe in cycle(crew):
            item = _receive(process, pipe)
            if item is None:
                break  # and so are the others
            if isinstance(item, Exception):
                raise item
            yield item
    finally:
        _end(crew)


def _start(share: Share, number: int, processes: int) -> tuple[BaseProcess, Connection]:
    context = multiprocessing.get_context("spawn")  # a fork would have our locks without our threads
    mine, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(share, number, processes, theirs))
    with _uninterrupted():
        process.start()
    theirs.close()  # so that the pipe ends with the process
    return process, mine


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Lets what is started now not see Ctrl-C: it is ours to end it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _receive(process: BaseProcess, pipe: Connection) -> Any:
    try:
        return pipe.recv()
    except (EOFError, OSError):
        process.join(ENDS_IN)
        raise GameCrashed(f"a process that plays is gone, with exit status {process.exitcode}") from None


def _end(crew: Iterable[tuple[BaseProcess, Connection]]) -> None:
    """Ends the processes, all at once."""
    for process, pipe in crew:
        pipe.close()
        process.terminate()
    for process, _ in crew:
        process.join(ENDS_IN)
        process.kill()
        process.join()


def _work(share: Share, number: int, processes: int, pipe: Connection) -> None:
    """Makes the share of a process and sends it on; None, or an error, is the last that is sent."""
    end_with_parent()
    keep_freed_memory()
    torch.set_num_threads(max(1, min(torch.get_num_threads(), len(os.sched_getaffinity(0)) // processes)))
    items: Queue[Any] = Queue(AHEAD)
    sender = Thread(target=_send, args=(items, pipe), daemon=True)
    sender.start()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # games are closed
    for deaf in (signal.SIGHUP, signal.SIGUSR1):
        signal.signal(deaf, signal.SIG_IGN)  # of a whole group: what they mean is the first process's to say
    try:
        for item in share(number, processes):
            items.put(item)
        items.put(None)
    except (ValueError, OSError, UnpicklingError, GameCrashed) as error:
        items.put(error)
    sender.join()


def _send(items: Queue[Any], pipe: Connection) -> None:
    item: Any = ...
    while item is not None and not isinstance(item, Exception):
        item = items.get()
        pipe.send(item)
