"""Low-rank adaptation: weights that learn a change of few numbers."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

SCALE: Final = 2.0  # of the change, so that its learning rate need not change with the rank


class LowRank(nn.Module):
    """Adds a product of two thin matrices to a weight (Hu et al. 2022); nothing at first.

    Args:
        weight: The weight, `(out, in)`.
        rank: Inner size of the product.
    """

    def __init__(self, weight: Tensor, rank: int) -> None:
        super().__init__()
        self.down = nn.Parameter(torch.empty(rank, weight.shape[1]).normal_(std=weight.shape[1] ** -0.5))
        self.up = nn.Parameter(torch.zeros(weight.shape[0], rank))

    def forward(self, weight: Tensor) -> Tensor:
        """Returns the changed weight, `(out, in)`."""
        return weight + SCALE * self.up @ self.down


def adapt(net: nn.Module, rank: int) -> None:
    """Freezes a network and gives each of its linear layers a change that learns.

    Args:
        net: The network.
        rank: Inner size of each change, 1 or more.
    """
    net.requires_grad_(False)
    for layer in [layer for layer in net.modules() if isinstance(layer, nn.Linear)]:
        parametrize.register_parametrization(layer, "weight", LowRank(layer.weight, rank))


def merged(weight: Tensor, up: Tensor, down: Tensor) -> Tensor:
    """Adds a change to a weight step by step, so that every machine gets the same bits, whatever its matrix kernels.

    Args:
        weight: The weight, `(out, in)`.
        up: The change's first factor, `(out, rank)`.
        down: Its second, `(rank, in)`.

    Returns:
        The changed weight, `(out, in)`.
    """
    change = torch.zeros_like(weight, dtype=torch.float32)
    for column, row in zip((SCALE * up).float().unbind(1), down.float().unbind(0), strict=True):
        change = change + column[:, None] * row
    return (weight + change).to(weight.dtype)


def adapted(net: nn.Module) -> Iterator[tuple[str, nn.Linear]]:
    """Yields the layers that `adapt` has changed, by name.

    Args:
        net: The network, or one that it is a part of.
    """
    for name, layer in net.named_modules():
        if isinstance(layer, nn.Linear) and parametrize.is_parametrized(layer, "weight"):
            yield name, layer


def merged_weight(layer: nn.Linear) -> Tensor:
    """Returns the weight of a layer that `adapt` has changed, `(out, in)`; see `merged`."""
    parts: Any = layer.get_submodule("parametrizations.weight")
    change: LowRank = parts[0]
    return merged(parts.original.detach(), change.up.detach(), change.down.detach())


def computed_once() -> AbstractContextManager[None]:
    """Keeps changed weights, once computed, to the end of a `with` in which nothing is learnt."""
    found: AbstractContextManager[None] = parametrize.cached()
    return found
