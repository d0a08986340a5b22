"""What all data modules share."""

from collections.abc import Iterator
from typing import Any

import torch
from lightning.pytorch import LightningDataModule
from torch.utils.data import DataLoader, Dataset, IterableDataset

from datamodules.archive import Archive
from datamodules.episode import Episode
from datamodules.trajectory import Trajectory


class ZooDataModule(LightningDataModule):
    """Base of the data modules: the trajectories to predict for, ranks, and batches that are not tensors.

    Args:
        predict: Folder of shards that `predict` goes over, one `Trajectory` at a time; None for none.
    """

    def __init__(self, predict: str | None = None) -> None:
        super().__init__()
        self.predict = predict

    @property
    def rank(self) -> int:
        """Rank of this process, 0 without a trainer."""
        return self.trainer.global_rank if self.trainer is not None else 0

    @property
    def world(self) -> int:
        """How many ranks there are, 1 without a trainer."""
        return self.trainer.world_size if self.trainer is not None else 1

    def predict_dataloader(self) -> DataLoader[Any]:
        """Yields the trajectories of `predict` in order, each rank its own share.

        Raises:
            ValueError: If there is no such set.
        """
        if self.predict is None:
            raise ValueError("data.predict None: allowed: a folder of shards to predict for")
        archive = Archive(self.predict)
        return loader(Share(archive, self.rank, self.world))

    def transfer_batch_to_device(self, batch: Any, device: torch.device, dataloader_idx: int) -> Any:
        """Leaves episodes and trajectories as they are: they are no tensors, and frozen."""
        if isinstance(batch, Trajectory) or (isinstance(batch, list) and isinstance(batch[0], Episode)):
            return batch
        return super().transfer_batch_to_device(batch, device, dataloader_idx)


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


class Nothing(IterableDataset[Any]):
    """No batches. Lightning takes an empty list too, but warns of its length."""

    def __iter__(self) -> Iterator[Any]:
        return iter(())


def loader(dataset: Dataset[Any], workers: int = 0) -> DataLoader[Any]:
    """Wraps a data set whose items are whole batches already.

    Args:
        dataset: Gives batches.
        workers: Processes that make them; 0 makes them in this one.
    """
    return DataLoader(dataset, batch_size=None, collate_fn=as_is, num_workers=workers)


def as_is(batch: Any) -> Any:
    """Returns a batch untouched; PyTorch's own conversion would look into trajectories."""
    return batch
