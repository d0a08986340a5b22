"""Data: trajectories and their shards, and the data modules that feed training.

Names are imported when they are first used: the data modules need Lightning, which takes seconds to import, and most
commands do without it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from padzoo.core.episode import Episode
    from padzoo.core.record import Record
    from padzoo.core.trajectory import Trajectory, TrajectorySummary
    from padzoo.datamodules.augment import Augment
    from padzoo.datamodules.demonstrations import Demonstrations
    from padzoo.datamodules.episodes import Episodes
    from padzoo.datamodules.judges.preference import Preference
    from padzoo.datamodules.module import ZooDataModule
    from padzoo.datamodules.preferences import Preferences
    from padzoo.datamodules.sets.archive import Archive
    from padzoo.datamodules.sets.manifest import Manifest
    from padzoo.datamodules.sets.shards import ShardWriter

_HOMES = {
    "Archive": "padzoo.datamodules.sets.archive",
    "Augment": "padzoo.datamodules.augment",
    "Demonstrations": "padzoo.datamodules.demonstrations",
    "Episode": "padzoo.core.episode",
    "Episodes": "padzoo.datamodules.episodes",
    "Manifest": "padzoo.datamodules.sets.manifest",
    "Preference": "padzoo.datamodules.judges.preference",
    "Preferences": "padzoo.datamodules.preferences",
    "Record": "padzoo.core.record",
    "ShardWriter": "padzoo.datamodules.sets.shards",
    "Trajectory": "padzoo.core.trajectory",
    "TrajectorySummary": "padzoo.core.trajectory",
    "ZooDataModule": "padzoo.datamodules.module",
}
__all__ = [
    "Archive",
    "Augment",
    "Demonstrations",
    "Episode",
    "Episodes",
    "Manifest",
    "Preference",
    "Preferences",
    "Record",
    "ShardWriter",
    "Trajectory",
    "TrajectorySummary",
    "ZooDataModule",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
