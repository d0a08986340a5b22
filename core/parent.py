"""The process that started this one."""

import ctypes
import signal
import sys
from typing import Final

PR_SET_PDEATHSIG: Final = 1  # of Linux: the signal that a process gets when the one that started it is gone


def end_with_parent() -> None:
    """Has the system end this process at once when the one that started it is gone, however that ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
