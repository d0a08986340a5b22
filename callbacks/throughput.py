"""How fast training goes."""

import time
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer


class Throughput(Callback):
    """Logs the frames a second that behavior cloning trains on, waiting for data included.

    Args:
        every: Updates between two readings.
    """

    def __init__(self, every: int = 50) -> None:
        self.every = every
        self._frames = 0
        self._since = 0.0

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        """Starts the clock at the first batch."""
        self._since = self._since or time.perf_counter()

    def on_train_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,
        batch: dict[str, Any],
        batch_idx: int,
    ) -> None:
        """Counts the batch's frames, and logs after every so many updates."""
        self._frames += int(batch["mask"].sum()) * trainer.world_size
        if trainer.global_step % self.every == 0:
            now = time.perf_counter()
            pl_module.log("train/frames_per_second", self._frames / (now - self._since))
            self._frames, self._since = 0, now

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Leaves the time of a validation out."""
        self._frames, self._since = 0, time.perf_counter()
