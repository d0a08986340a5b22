"""File systems of one's own: processes that see others mounted, where the kernel allows it."""

import shlex
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest


@cache
def _allowed() -> bool:
    command = ["unshare", "-Ur", "-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


def mounted(
    mounts: dict[Path, str], *arguments: object, before: str = "true", after: str = "true"
) -> "subprocess.CompletedProcess[str]":
    """Runs a command of Python's with file systems in memory that go with it; skips where the kernel forbids them.

    Args:
        mounts: Their options by folder, such as `size=1m`.
        arguments: The command, such as `-m padzoo list`.
        before: Shell command that runs before it, when they are there.
        after: Shell command that runs behind it, while they are still there.
    """
    if not _allowed():
        pytest.skip("the kernel forbids mounts in a namespace of one's own")
    lines = [f"mount -t tmpfs -o {options} tmpfs {shlex.quote(str(folder))}" for folder, options in mounts.items()]
    words = [sys.executable, *map(str, arguments)]
    script = " && ".join([*lines, before, f"{{ {shlex.join(words)}; rc=$?; {after}; exit $rc; }}"])
    return subprocess.run(
        ["unshare", "-Ur", "-m", "sh", "-c", script], capture_output=True, text=True, check=False, timeout=300
    )
