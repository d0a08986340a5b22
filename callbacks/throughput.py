"""How fast training goes."""

import time
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer

from padzoo.zoo.learn.behavior_cloning import BehaviorCloning
from padzoo.zoo.nets.cost import training_flops


class Throughput(Callback):
    """Logs how fast behavior cloning trains, waiting for data included.

    `train/frames_per_second`, of all processes together; `train/flops_per_second`, the floating-point operations that
    the network needs for them (see `zoo/nets/cost.py`); and `train/peak_fraction`, these as a share of a given peak.

    Args:
        every: Updates between two readings.
        peak: Floating-point operations a second that all devices together could do, as stated or measured; None for no
            `train/peak_fraction`.

    Raises:
        ValueError: If `every` is not allowed.
    """

    def __init__(self, every: int = 50, peak: float | None = None) -> None:
        if every < 1:
            raise ValueError(f"Throughput: every {every}; allowed: 1 or more")
        self.every = every
        self.peak = peak
        self._flops = 0.0  # a frame
        self._frames = 0
        self._since = 0.0

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Counts a frame's operations, before the network is spread over devices.

        Raises:
            ValueError: If the model is not trained on frames.
        """
        if not isinstance(pl_module, BehaviorCloning):
            raise ValueError(f"Throughput: {type(pl_module).__name__} trains on no frames; allowed: BehaviorCloning")
        if stage == "fit":
            self._flops = training_flops(pl_module.net)

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
            rate = self._frames / (now - self._since)
            pl_module.log("train/frames_per_second", rate)
            pl_module.log("train/flops_per_second", rate * self._flops)
            if self.peak is not None:
                pl_module.log("train/peak_fraction", rate * self._flops / self.peak)
            self._frames, self._since = 0, now

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Leaves the time of a validation out."""
        self._frames, self._since = 0, time.perf_counter()
