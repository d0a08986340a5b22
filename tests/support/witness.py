"""What one process of a training learnt from and ended with, written down for its test."""

from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer


class Witness(Callback):
    """Writes `rank<N>.pt`: the batches of this process, its losses, and the network's weights at the end.

    Args:
        folder: Where to.
    """

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder)
        self.batches: list[Any] = []
        self.losses: list[float] = []

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        self.batches.append(batch if isinstance(batch, dict) else [episode.start.seed for episode in batch])
        # A batch that is several updates has no loss of its own.
        self.losses.append(float(outputs["loss"] if outputs else trainer.callback_metrics["train/loss"]))

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        seen = {"batches": self.batches, "losses": self.losses, "weights": pl_module.net.state_dict()}
        torch.save(seen, self.folder / f"rank{trainer.global_rank}.pt")
