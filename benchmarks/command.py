"""Runs commands of padzoo for scripts that train and play for hours."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from pathlib import Path


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
        subprocess.run(command, check=True, stdout=file, stderr=file, env=os.environ | {"OMP_NUM_THREADS": "1"})


def workers(jobs: int) -> ThreadPoolExecutor:
    """Returns threads that run commands, each on its share of the cores.

    Args:
        jobs: How many.
    """
    cores = sorted(os.sched_getaffinity(0))
    shares = cycle([cores[job::jobs] or [cores[job % len(cores)]] for job in range(jobs)])
    # What a thread starts inherits its cores.
    return ThreadPoolExecutor(jobs, initializer=lambda: os.sched_setaffinity(0, next(shares)))
