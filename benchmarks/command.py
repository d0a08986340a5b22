"""Runs commands of padzoo for scripts that train and play for hours."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from pathlib import Path
from typing import Final

running: Final[set["subprocess.Popen[bytes]"]] = set()


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

    def end(number: int, frame: object) -> None:
        pool.shutdown(wait=False, cancel_futures=True)
        started = list(running)
        for process in started:
            process.terminate()
        for process in started:
            process.wait()
        os._exit(128 + number)  # threads that found their command failed have nothing to say

    signal.signal(signal.SIGTERM, end)
    return pool
