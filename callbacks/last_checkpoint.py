"""The checkpoint that a training goes on from."""

import time
from pathlib import Path
from typing import Any

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Checkpoint
from lightning.pytorch.utilities.exceptions import SIGTERMException


class LastCheckpoint(Checkpoint):
    """Keeps `checkpoints/last.ckpt` in the trainer's root folder: a training that is killed loses `minutes` at most.

    It is written every so often, when training ends, and at SIGTERM or Ctrl-C. Lightning's own `save_last` copies the
    latest *best* checkpoint where a metric is monitored, which may be hours old.

    Args:
        minutes: Time between two checkpoints, 0 or more; 0 writes one after every update.
    """

    def __init__(self, minutes: float = 5.0) -> None:
        super().__init__()
        if minutes < 0:
            raise ValueError(f"minutes {minutes}: allowed: 0 or more")
        self.minutes = minutes
        self._saved_at = 0.0
        self._saved_step = -1

    @staticmethod
    def path(root: str | Path) -> Path:
        """Returns the checkpoint's path.

        Args:
            root: The trainer's root folder.
        """
        return Path(root) / "checkpoints" / "last.ckpt"

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Starts the clock."""
        self._saved_at = time.monotonic()

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Saves if it is time; the first rank's clock decides."""
        due = time.monotonic() - self._saved_at >= 60 * self.minutes
        if trainer.strategy.broadcast(due):
            self._save(trainer)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Saves the trained weights."""
        self._save(trainer)

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        """Saves what was trained when somebody wants it to stop; after an error the state may be half an update."""
        wanted = isinstance(exception, (SIGTERMException, KeyboardInterrupt))
        if wanted and trainer.training and trainer.global_step > 0:
            self._save(trainer)

    def _save(self, trainer: Trainer) -> None:
        if trainer.global_step != self._saved_step:
            trainer.save_checkpoint(self.path(trainer.default_root_dir))
            self._saved_at, self._saved_step = time.monotonic(), trainer.global_step
