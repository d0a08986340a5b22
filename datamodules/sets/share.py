"""What a rank predicts for."""

from torch.utils.data import Dataset

from padzoo.core.trajectory import Trajectory
from padzoo.datamodules.sets.archive import Archive


class Share(Dataset[Trajectory]):
    """Every `world`-th trajectory of a set.

    Args:
        archive: The set.
        rank: The first one.
        world: The step.
    """

    def __init__(self, archive: Archive, rank: int, world: int) -> None:
        self._archive = archive
        self._rows = range(rank, len(archive), world)

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: int) -> Trajectory:
        return self._archive[self._rows[index]]
