"""Where what is downloaded, or made of what is far away, is kept."""

import os
from pathlib import Path
from typing import Final

from platformdirs import user_cache_path

VARIABLE: Final = "PADZOO_CACHE"


def cache_folder() -> Path:
    """Returns the folder: `PADZOO_CACHE`, or else the system's place for caches."""
    given = os.environ.get(VARIABLE)
    return Path(given) if given else user_cache_path("padzoo")
