"""Where a result came from: the commit that was run, and the machine."""

import platform
import subprocess
from pathlib import Path


def commit() -> str:
    """Returns the commit of the current folder, marked where files had been changed; `unknown` outside of git."""
    found = subprocess.run(["git", "describe", "--always", "--dirty", "--abbrev=12"], capture_output=True, text=True)
    return found.stdout.strip() or "unknown"


def hardware() -> str:
    """Names the processor and how many cores there are."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    models = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    return f"{models[0] if models else platform.processor()}, {len(models) or 1} cores"
