"""Runs commands of padzoo for scripts that train and play for hours."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Final

running: Final[set["subprocess.Popen[bytes]"]] = set()
starting, ending = Lock(), Event()


def padzoo(log: Path, *words: object) -> None:
    """Runs a command on one thread; what it prints is beside what it makes, in `LOG.log`.

    Args:
        log: What it makes.
        words: The command and its options.

    Raises:
        CalledProcessError: If it fails.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "padzoo", *map(str, words)]
    with Path(f"{log}.log").open("w") as file:
        with starting:
            if ending.is_set():
                raise subprocess.CalledProcessError(128 + signal.SIGTERM, command)
            process = subprocess.Popen(command, stdout=file, stderr=file, env=os.environ | {"OMP_NUM_THREADS": "1"})
            running.add(process)
        code = process.wait()
        running.discard(process)
    if code:
        raise subprocess.CalledProcessError(code, command)


def workers(jobs: int) -> ThreadPoolExecutor:
    """Returns threads that run commands, each on its share of the cores; at SIGTERM all end, and save what they have.

    Args:
        jobs: How many.
    """
    cores = sorted(os.sched_getaffinity(0))
    shares = cycle([cores[job::jobs] or [cores[job % len(cores)]] for job in range(jobs)])
    # What a thread starts inherits its cores.
    pool = ThreadPoolExecutor(jobs, initializer=lambda: os.sched_setaffinity(0, next(shares)))

    signal.signal(signal.SIGTERM, lambda *_: Thread(target=_end).start())  # a handler may not wait for a lock
    return pool


def _end() -> None:
    """Ends all that runs, starts nothing more, and ends."""
    ending.set()
    with starting:
        for process in running:
            process.terminate()
    while running:  # their threads wait for them
        time.sleep(0.05)
    os._exit(128 + signal.SIGTERM)  # threads that found their command failed have nothing to say
