"""Where a result came from: the commit that was run, the machine, and what it took."""

import os
import platform
import resource
import shutil
import subprocess
from datetime import date
from importlib.metadata import version
from pathlib import Path

import torch


def commit() -> str:
    """Returns the commit of the current folder, marked where files had been changed; `unknown` outside of git."""
    if shutil.which("git") is None:
        return "unknown"
    found = subprocess.run(["git", "describe", "--always", "--dirty", "--abbrev=12"], capture_output=True, text=True)
    return found.stdout.strip() or "unknown"


def hardware() -> str:
    """Names the processor, how many cores there are, and the GPUs."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    models = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    gpus = [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
    processor = models[0] if models else platform.processor() or platform.machine()  # ARM says none there
    return ", ".join([processor, f"{os.cpu_count()} cores", *gpus])


def origin() -> str:
    """Says in one line where a measurement comes from: hardware, versions, commit and day."""
    versions = [f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in ("torch", "lightning"))]
    return f"{hardware()}; {', '.join(versions)}; commit {commit()}; {date.today()}."


def peak_memory() -> float:
    """Returns the most memory that this process, or else its GPU, has had in use, in GB."""
    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated() / 1e9
    unit = 1 if platform.system() == "Darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9
