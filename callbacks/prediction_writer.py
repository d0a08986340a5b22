"""Predictions on disk: one NumPy file a trajectory."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning.pytorch import Callback, LightningModule, Trainer

from padzoo.core.draft import Draft


class PredictionWriter(Callback):
    """Writes what `predict` computes of each trajectory to `KEY.npz`; the folder appears whole or not at all.

    Each rank writes its own trajectories; the first one makes the folder and moves it into place.

    Args:
        out: Folder to make; it may exist if it is empty.

    Raises:
        ValueError: If there is something in it.
    """

    def __init__(self, out: str) -> None:
        self.out = Path(out)
        self._draft: Draft | None = None

    def on_predict_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Makes a folder aside before any rank writes."""
        self._draft = Draft(self.out)
        trainer.predict_loop.return_predictions = False  # what is written need not stay in memory
        if trainer.is_global_zero:
            self._draft.begin()
        trainer.strategy.barrier()

    def on_predict_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: dict[str, Any],
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Writes one trajectory's arrays."""
        assert self._draft is not None
        tensors = {name: value.cpu() for name, value in outputs.items() if isinstance(value, torch.Tensor)}
        arrays = {  # NumPy has no bfloat16
            name: (value.float() if value.is_floating_point() else value).numpy() for name, value in tensors.items()
        }
        np.savez(self._draft.path / f"{outputs['key']}.npz", allow_pickle=False, **arrays)

    def on_predict_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Moves the folder into place when every rank has written."""
        assert self._draft is not None
        trainer.strategy.barrier()
        if trainer.is_global_zero:
            self._draft.publish()

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        """Leaves nothing half-written behind."""
        if self._draft is not None:
            self._draft.discard()
