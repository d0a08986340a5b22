"""Trunks of policies: from the embeddings of a window's frames to features."""

from typing import Final

import torch
from torch import Tensor, nn

from padzoo.zoo.nets.parts import Parts


class Trunk(nn.Module):
    """What a policy makes of a window of frames; the features of a step depend on its frame and those before it alone.

    A subclass defines `forward`. Acting uses `last` and `step`, which give the same numbers as `forward`; a subclass
    overrides them where it can compute them at less cost, and `memory` with `step`.

    Args:
        layers: How deep.
        width: Width of embeddings and features, D.
        heads: Attention heads, where there are any.
        context: Longest window in steps.

    Attributes:
        memory: Shape of what `step` remembers of a row.
    """

    memory: tuple[int, ...]

    def __init__(self, layers: int, width: int, heads: int, context: int) -> None:
        super().__init__()
        self.memory = (context, width)

    def forward(self, embeddings: Tensor) -> Tensor:
        """Computes the features of every position.

        Args:
            embeddings: Frame embeddings, `(B, T, D)`, T at most the context.

        Returns:
            Features, `(B, T, D)`; those at t depend on positions up to t only.
        """
        raise NotImplementedError

    def last(self, embeddings: Tensor, lengths: Tensor) -> Tensor:
        """Computes the features of each row's last position.

        Args:
            embeddings: Frame embeddings, `(B, T, D)`, each row padded on the right with any finite values.
            lengths: Positions in use, 1 to T, `(B,)`.

        Returns:
            Features at position `lengths - 1`, `(B, D)`.
        """
        features: Tensor = self(embeddings)
        return features[torch.arange(len(features), device=features.device), lengths - 1]

    def step(self, embeddings: Tensor, memory: Tensor, rows: Tensor, lengths: Tensor) -> Tensor:
        """Computes the features of the next position of some rows from what is remembered of those before.

        It serves while a window grows. Once it slides, every position has moved, and `last` is called instead.

        Args:
            embeddings: Embeddings of the next positions, `(B, D)`.
            memory: What is remembered of all rows, `(rows, *self.memory)`, finite; written to.
            rows: Which rows, `(B,)`.
            lengths: Positions in use, these included, 1 to T, `(B,)`.

        Returns:
            Features at these positions, `(B, D)`.
        """
        memory[rows, lengths - 1] = embeddings.to(memory.dtype)
        return self.last(memory[rows], lengths)


TRUNKS: Final = Parts("trunk", Trunk, {"gpt2": "padzoo.zoo.nets.gpt2.GPT2"})
