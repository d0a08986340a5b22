"""Recordings that somebody else made, as trajectories."""

from collections.abc import Collection
from typing import Final, Protocol

from padzoo.core.registry import Registry
from padzoo.core.trajectory import Trajectory

IMPORTERS: Final = Registry(
    "importer",
    {
        "bleeding-edge": "padzoo.datamodules.importers.bleeding_edge.BleedingEdge",
        "lerobot": "padzoo.datamodules.importers.lerobot.LeRobot",
    },
)


class Importer(Protocol):
    """Reads recordings of one kind, one trajectory at a time.

    It is built with the folder that they lie in; whatever else its constructor takes are options of `padzoo import`.
    """

    @property
    def keys(self) -> Collection[str]:
        """The keys of all trajectories, in order, known without reading them."""

    def read(self, key: str) -> Trajectory:
        """Reads one trajectory.

        Args:
            key: Its key.

        Raises:
            ValueError: If the recording is damaged, or not as it should be; it names the file.
        """
