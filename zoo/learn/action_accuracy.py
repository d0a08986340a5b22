"""How often a policy's most likely action is the player's, component by component."""

from typing import Any

import torch
from torch import Tensor
from torchmetrics import Metric

from padzoo.core.gamepad import COMPONENTS, SIZES


class ActionAccuracy(Metric):
    """Accuracy of the most likely choice of each of the 16 action components; higher is better.

    Args:
        arguments: Passed on to `torchmetrics.Metric`.
    """

    full_state_update = False
    correct: Tensor
    total: Tensor

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.add_state("correct", torch.zeros(len(SIZES), dtype=torch.long), dist_reduce_fx="sum")
        self.add_state("total", torch.tensor(0), dist_reduce_fx="sum")

    def update(self, predictions: Tensor, actions: Tensor, mask: Tensor) -> None:
        """Counts a batch of steps.

        Args:
            predictions: Most likely actions, `(..., 16)`.
            actions: The player's actions, `(..., 16)`.
            mask: True where a step counts, `(...)`.
        """
        self.correct += ((predictions == actions) & mask[..., None]).flatten(0, -2).sum(0)
        self.total += mask.sum()

    def compute(self) -> dict[str, Tensor]:
        """Returns the accuracy in [0, 1] of each component by name, and their `mean`."""
        accuracy = self.correct / self.total.clamp(min=1)
        return {**dict(zip(COMPONENTS, accuracy, strict=True)), "mean": accuracy.mean()}
