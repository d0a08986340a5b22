"""Data: sets of recorded trajectories, and the data modules that feed training.

Names are imported when they are first used: the data modules need Lightning, which takes seconds to import, and most
commands do without it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from padzoo.core.trajectory import Trajectory
    from padzoo.datamodules.demonstrations import Demonstrations
    from padzoo.datamodules.episodes import Episodes
    from padzoo.datamodules.preferences import Preferences
    from padzoo.datamodules.sets.shard_set import ShardSet
    from padzoo.datamodules.sets.writer import ShardWriter

_HOMES = {
    "Demonstrations": "padzoo.datamodules.demonstrations",
    "Episodes": "padzoo.datamodules.episodes",
    "Preferences": "padzoo.datamodules.preferences",
    "ShardSet": "padzoo.datamodules.sets.shard_set",
    "ShardWriter": "padzoo.datamodules.sets.writer",
    "Trajectory": "padzoo.core.trajectory",
}
__all__ = ["Demonstrations", "Episodes", "Preferences", "ShardSet", "ShardWriter", "Trajectory"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
