"""Predictions on disk: one NumPy file a trajectory."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import BasePredictionWriter


class PredictionWriter(BasePredictionWriter):
    """Writes what `predict` computes of each trajectory to `KEY.npz`; the folder appears whole or not at all.

    Args:
        out: Folder to make.

    Raises:
        ValueError: If it exists.
    """

    def __init__(self, out: str) -> None:
        super().__init__(write_interval="batch")
        self.out = Path(out)
        self.aside = self.out.with_name(f".{self.out.name}.partial")

    def on_predict_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Makes a folder aside."""
        if self.out.exists():
            raise ValueError(f"{self.out}: already exists; allowed: a new folder")
        shutil.rmtree(self.aside, ignore_errors=True)
        self.aside.mkdir(parents=True)

    def write_on_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        prediction: dict[str, Any],
        batch_indices: Sequence[int] | None,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int,
    ) -> None:
        """Writes one trajectory's arrays."""
        arrays = {name: value.cpu().numpy() for name, value in prediction.items() if isinstance(value, torch.Tensor)}
        np.savez(self.aside / f"{prediction['key']}.npz", allow_pickle=False, **arrays)

    def on_predict_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Moves the folder into place."""
        self.aside.replace(self.out)
