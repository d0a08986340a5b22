"""The checkpoint that a training resumes from."""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from lightning.fabric.plugins import TorchCheckpointIO
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Checkpoint
from lightning.pytorch.utilities.exceptions import SIGTERMException

from padzoo.callbacks.checkpoint_writer import CheckpointWriter


class LastCheckpoint(Checkpoint):
    """Keeps `checkpoints/last.ckpt` in the trainer's root folder: a training that is killed loses `minutes` at most.

    It is written every so often, when training ends, at SIGTERM, SIGUSR1 (a scheduler's warning), SIGHUP (a closed
    terminal) and Ctrl-C, and after an error between two updates. Lightning's own `save_last` copies the latest *best*
    checkpoint where a metric is monitored, which may be hours old.

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
        self._between_updates = True
        self._asked = False

    @staticmethod
    def path(root: str | Path) -> Path:
        """Returns the checkpoint's path.

        Args:
            root: The trainer's root folder.
        """
        return Path(root) / "checkpoints" / "last.ckpt"

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Has all checkpoints written in their own folder, unless the trainer has a plugin for them.

        Several ranks agree between two updates that a signal ends them: Lightning's own handler speaks to the others
        wherever they are, and all of them may wait for ever.
        """
        if trainer.world_size > 1:
            trainer._signal_connector._sigterm_notifier_fn = self._ask_to_stop  # type: ignore[assignment]
        if type(trainer.strategy.checkpoint_io) is TorchCheckpointIO:
            trainer.strategy.checkpoint_io = CheckpointWriter()

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Starts the clock, and takes other signals that ask for an end for SIGTERM."""
        self._saved_at = time.monotonic()
        take_for_sigterm()

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        """Notes that an update is under way."""
        self._between_updates = False

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Saves if it is time; the first rank's clock decides."""
        self._between_updates = True
        due = time.monotonic() - self._saved_at >= 60 * self.minutes
        if trainer.strategy.broadcast(due):
            self._save(trainer)
        if trainer.world_size > 1 and trainer.strategy.reduce_boolean_decision(self._asked, all=False):
            trainer._signal_connector.received_sigterm = True

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Saves the trained weights."""
        self._save(trainer)

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        """Saves what was trained, unless an error left half an update; of several ranks only one may have failed."""
        wanted = isinstance(exception, (SIGTERMException, KeyboardInterrupt)) and trainer.training
        whole = self._between_updates and trainer.world_size == 1
        if (wanted or whole) and trainer.global_step > 0:
            with suppress(ValueError):  # the error under way is the one to report
                self._save(trainer)

    def _ask_to_stop(self, *_: object) -> None:
        self._asked = True

    def _save(self, trainer: Trainer) -> None:
        if trainer.global_step != self._saved_step:
            trainer.save_checkpoint(self.path(trainer.default_root_dir))
            self._saved_at, self._saved_step = time.monotonic(), trainer.global_step


def take_for_sigterm() -> None:
    """Has SIGUSR1, a scheduler's warning, and SIGHUP, a closed terminal, do what SIGTERM does.

    Not where somebody else waits for them, or they are ignored, as `nohup` has it.
    """
    for number in (signal.SIGUSR1, signal.SIGHUP):
        if signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, lambda *_: os.kill(os.getpid(), signal.SIGTERM))
