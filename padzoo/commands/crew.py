"""Processes that share the work of a command."""

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker
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
ENDS_IN: Final = 15.0  # seconds in which all processes have closed what they opened
OTHERS: Final = (signal.SIGHUP, signal.SIGUSR1)  # that end a command, as SIGTERM and Ctrl-C do
Share = Callable[[int, int], Iterable[Any]]
Member = tuple[BaseProcess, Connection]


def in_turn(share: Share, processes: int) -> Iterator[Any]:
    """Yields what several processes make: the first item of each, then the second of each, and so on.

    Args:
        share: Called with the number of a process and how many there are, in each; what it gives can be pickled.
        processes: How many.

    Raises:
        GameCrashed: If a process is gone.
        ValueError: A user's error in one of them.
    """
    crew: list[Member] = []
    try:
        resource_tracker.ensure_running()  # else the first process starts it, and unblocks Ctrl-C
        for number in range(processes):
            with _undisturbed():
                crew.append(_start(share, number, processes))
        busy = list(crew)
        while busy:
            for member in list(busy):
                item = _receive(*member)
                if item is None:
                    busy.remove(member)
                elif isinstance(item, Exception):
                    raise item
                else:
                    yield item
    finally:
        _end(crew)


def _start(share: Share, number: int, processes: int) -> Member:
    context = multiprocessing.get_context("spawn")  # a fork would have our locks without our threads
    mine, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(share, number, processes, theirs))
    process.start()
    theirs.close()  # so that the pipe ends with the process
    return process, mine


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Holds signals back until we know a new process, and Ctrl-C from that process: it is ours to end it."""
    held: list[int] = []
    ours = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, *OTHERS)}
    ours = {number: handler for number, handler in ours.items() if callable(handler)}
    for number in ours:
        signal.signal(number, lambda number, _: held.append(number))
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for number, handler in ours.items():
            signal.signal(number, handler)
        for came in held:
            signal.raise_signal(came)


def _receive(process: BaseProcess, pipe: Connection) -> Any:
    try:
        return pipe.recv()
    except (EOFError, OSError):
        process.join(ENDS_IN)
        raise GameCrashed(f"a process that plays is gone, with exit status {process.exitcode}") from None


def _end(crew: Iterable[Member]) -> None:
    """Ends the processes, all at once."""
    for process, pipe in crew:
        process.terminate()
        pipe.close()
    last = time.monotonic() + ENDS_IN
    for process, _ in crew:
        process.join(max(0.0, last - time.monotonic()))
        process.kill()
        process.join()


def _work(share: Share, number: int, processes: int, pipe: Connection) -> None:
    """Makes the share of a process and sends it on; None, or an error, is the last that is sent."""
    end_with_parent()
    parent = multiprocessing.parent_process()
    if parent is None or not parent.is_alive():  # it ended before we could ask to end with it
        return
    signal.signal(signal.SIGTERM, _unwind)
    for deaf in OTHERS:
        signal.signal(deaf, signal.SIG_IGN)  # of a whole group: what they mean is the first process's to say
    os.set_inheritable(pipe.fileno(), False)  # a game that outlives us would hold it open
    keep_freed_memory()
    torch.set_num_threads(max(1, min(torch.get_num_threads(), len(os.sched_getaffinity(0)) // processes)))
    items: Queue[Any] = Queue(AHEAD)
    sender = Thread(target=_send, args=(items, pipe), daemon=True)
    sender.start()
    try:
        for item in share(number, processes):
            items.put(item)
        items.put(None)
    except GameCrashed as error:
        items.put(error)
    except (ValueError, OSError, UnpicklingError) as error:
        items.put(ValueError(str(error)))  # not every error can be pickled
    sender.join()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # all is closed: Python's own end is not to be unwound


def _unwind(*_: object) -> None:
    """Ends the process as an error would: games are closed."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit(1)


def _send(items: Queue[Any], pipe: Connection) -> None:
    """Sends items on, up to the last; ends the process if that fails."""
    item: Any = ...
    try:
        while item is not None and not isinstance(item, Exception):
            item = items.get()
            pipe.send(item)
    except Exception as error:
        os.kill(os.getpid(), signal.SIGTERM)
        if not isinstance(error, OSError):  # that says only that nobody wants more
            raise
