"""What all data modules share."""

from typing import Any, cast

import torch
from lightning.pytorch import LightningDataModule
from lightning.pytorch.trainer.states import TrainerFn
from torch.utils.data import DataLoader, Dataset, Subset

from padzoo.core.episode import Episode
from padzoo.core.trajectory import Trajectory
from padzoo.datamodules.loader import CountingSampler, loader
from padzoo.datamodules.sets.shard_set import ShardSet


class ZooDataModule(LightningDataModule):
    """Base of the data modules: the trajectories to predict for, ranks, and batches that are not tensors.

    Args:
        predict: Folder of shards that `predict` goes over, one `Trajectory` at a time; None for none.
    """

    def __init__(self, predict: str | None = None) -> None:
        super().__init__()
        self.predict = predict

    def reading(self) -> dict[str, Any]:
        """Returns what decides the order of the training samples: plain values that a resumed training must share."""
        return {"ranks": self.world}

    def state_dict(self) -> dict[str, Any]:
        """Returns what a checkpoint keeps: `reading`. The place in the stream is the trainer's count of batches."""
        return self.reading() if self._fits else {}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Checks a resumed training; see `check`."""
        if self._fits:
            self.check(state_dict)

    def check(self, state_dict: dict[str, Any]) -> None:
        """Refuses to resume a training that read otherwise, before anything is trained.

        Args:
            state_dict: What `state_dict` returned.

        Raises:
            ValueError: If samples of the current pass would be left out, come twice or look otherwise.
        """
        for name, now in self.reading().items():
            before = state_dict.get(name, now)
            if before != now:
                raise ValueError(
                    f"ckpt_path: the training read with {name} {before}, now {now}: samples would be left out or come "
                    f"twice; allowed: {name} {before}, or a new training with model.init_from"
                )

    def consumed(self) -> int:
        """Returns how many batches this training has learnt from, those before a resume among them."""
        if self.trainer is None:
            return 0
        count: int = self.trainer.fit_loop.epoch_loop.batch_progress.total.processed  # type: ignore[attr-defined]
        return count

    @property
    def counting(self) -> CountingSampler:
        """Counts the training batches from where this training stands."""
        return CountingSampler(self.consumed, self.rank, self.world)

    @property
    def _fits(self) -> bool:
        return self.trainer is not None and self.trainer.state.fn == TrainerFn.FITTING

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
        shards = ShardSet(self.predict)
        return loader(Subset(cast(Dataset[Trajectory], shards), range(self.rank, len(shards), self.world)))

    def transfer_batch_to_device(self, batch: Any, device: torch.device, dataloader_idx: int) -> Any:
        """Leaves episodes and trajectories as they are: they are no tensors, and frozen."""
        if isinstance(batch, Trajectory) or (isinstance(batch, list) and isinstance(batch[0], Episode)):
            return batch
        return super().transfer_batch_to_device(batch, device, dataloader_idx)
