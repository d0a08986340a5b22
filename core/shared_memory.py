"""Memory that processes share, of which containers are often given little."""

import shutil
from pathlib import Path
from typing import Final

PLACE: Final = Path("/dev/shm")


def check_shared_memory(needed: int, what: str, instead: str = "") -> None:
    """Refuses work for which there is not enough: the system would end the process with a bus error.

    Args:
        needed: Bytes.
        what: What needs them, for the message.
        instead: What else can be done, for the message.

    Raises:
        ValueError: If fewer bytes are free.
    """
    if PLACE.is_dir() and (free := shutil.disk_usage(PLACE).free) < needed:
        raise ValueError(
            f"{PLACE}: {free:,} bytes are free; {what} may need {needed:,}; "
            f"allowed: {instead}more shared memory (Docker: --shm-size=1g)"
        )
