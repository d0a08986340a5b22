"""How often the preferred trajectory is scored higher, between categories and within them apart."""

from typing import Any, Final

import torch
from lightning.pytorch import LightningModule
from torch import Tensor
from torchmetrics import Metric

KINDS: Final = ("accuracy", "accuracy/between", "accuracy/within")


class PreferenceAccuracy(Metric):
    """Accuracy of scores on preferences; a tie counts as wrong.

    A criterion may rank by a category first, such as the pad that was reached, and by length within it. Length alone
    then orders most pairs, so one figure for all says little about the category.

    Args:
        arguments: Passed on to `torchmetrics.Metric`.
    """

    full_state_update = False
    right: Tensor
    total: Tensor

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        for name in ("right", "total"):
            self.add_state(name, torch.zeros(len(KINDS), dtype=torch.long), dist_reduce_fx="sum")

    def update(self, winners: Tensor, losers: Tensor, same_category: Tensor | None = None) -> None:
        """Counts a batch of preferences.

        Args:
            winners: Scores of the preferred trajectories, `(P,)`.
            losers: Scores of the others, `(P,)`.
            same_category: Whether both are of one category, bool `(P,)`; None if that is not known.
        """
        every = torch.ones_like(winners, dtype=torch.bool)
        none = ~every
        apart = (none, none) if same_category is None else (~same_category, same_category)
        kinds = torch.stack([every, *apart])  # (3, P)
        self.total += kinds.sum(1)
        self.right += (kinds & (winners > losers)).sum(1)

    def compute(self) -> dict[str, Tensor]:
        """Returns accuracies in [0, 1].

        Returns:
            `accuracy` over all preferences, `accuracy/between` categories and `accuracy/within` them; without the names
            that there were no preferences of.
        """
        shares = self.right / self.total.clamp(min=1)
        return {name: share for name, share, total in zip(KINDS, shares, self.total, strict=True) if total}

    def log_into(self, module: LightningModule, split: str) -> None:
        """Logs what was counted, if anything was, and counts anew.

        Args:
            module: The module whose log it is.
            split: `val` or `test`, which begins the names.
        """
        if self.update_called:
            module.log_dict({f"{split}/{name}": value for name, value in self.compute().items()}, prog_bar=True)
            self.reset()
