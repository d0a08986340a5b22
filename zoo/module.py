"""The base of everything that trains: one network, one optimizer, checkpoints that say what they are."""

from typing import Any

import torch
from lightning.pytorch import LightningModule
from lightning.pytorch.utilities.types import OptimizerLRScheduler
from torch.optim.lr_scheduler import LambdaLR

from zoo import hub


class ZooModule(LightningModule):
    """Trains one network with AdamW, a linear warmup and a constant learning rate (Appendix C).

    A subclass builds the network from plain arguments and calls `save_hyperparameters()`, so that its checkpoints load
    without unpickling anything.

    Args:
        net: The network.
        parents: The weights that it starts from or learns with, reference by role; their hashes are its lineage.
        lr: Learning rate after the warmup.
        weight_decay: AdamW's decoupled weight decay.
        warmup_steps: Updates over which the learning rate rises linearly.
    """

    net: hub.Network

    def __init__(
        self, net: hub.Network, parents: dict[str, str], lr: float, weight_decay: float, warmup_steps: int
    ) -> None:
        super().__init__()
        self.net = net
        self.parents = {role: hub.sha256(ref) for role, ref in parents.items()}
        self.lr = lr
        self.weight_decay = weight_decay
        self.warmup_steps = warmup_steps

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """Returns AdamW over the trainable parameters and its warmup."""
        parameters = [parameter for parameter in self.parameters() if parameter.requires_grad]
        optimizer = torch.optim.AdamW(parameters, lr=self.lr, weight_decay=self.weight_decay)
        scheduler = LambdaLR(optimizer, self._warmup)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler, "interval": "step"}}

    def _warmup(self, step: int) -> float:
        return min(1.0, (step + 1) / (self.warmup_steps + 1))

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Adds what the network is, so that it can be rebuilt from the file alone."""
        checkpoint["padzoo"] = hub.describe(self.net, self.parents)
