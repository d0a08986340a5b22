"""How episodes ended, as a metric."""

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor
from torchmetrics import Metric


class Outcomes(Metric):
    """Counts how episodes ended.

    Args:
        names: The outcomes that the game knows; the first one is failure.
        arguments: Passed on to `torchmetrics.Metric`.
    """

    full_state_update = False
    counts: Tensor

    def __init__(self, names: Sequence[str], **arguments: Any) -> None:
        super().__init__(**arguments)
        self.names = tuple(names)
        self.add_state("counts", torch.zeros(len(self.names), dtype=torch.long), dist_reduce_fx="sum")

    def update(self, outcomes: Iterable[str]) -> None:
        """Counts some episodes by the names of their outcomes.

        Raises:
            ValueError: If the game does not know such an outcome.
        """
        for outcome in outcomes:
            if outcome not in self.names:
                raise ValueError(f"outcome {outcome!r}: allowed, as the game declares: {', '.join(self.names)}")
            self.counts[self.names.index(outcome)] += 1

    def compute(self) -> dict[str, Tensor]:
        """Returns the rate of each outcome in [0, 1], and `success`, the rate of all but the first."""
        rates = self.counts / self.counts.sum().clamp(min=1)
        return {**dict(zip(self.names, rates, strict=True)), "success": rates[1:].sum()}
