"""Trunks of policies: from the embeddings of frames to features."""

from typing import ClassVar, Final

import torch
from torch import Tensor, nn

from padzoo.zoo.nets.parts import Parts


class Trunk(nn.Module):
    """What a policy makes of frames; the features of a step depend on its frame and at most `context - 1` before it.

    A subclass defines `forward`. Acting uses `step`, and `last` once an episode is longer than the context; they give
    the same numbers as `forward`. A subclass overrides them where it can compute them at less cost, and `memory` with
    `step`.

    A trunk that streams takes sequences of any length, each step of which sees the `context` steps that end with it. It
    defines `step` for any length too, and acting uses nothing else.

    Args:
        layers: How deep.
        width: Width of embeddings and features, D.
        heads: Attention heads, where there are any.
        context: Steps that a step sees at most, its own among them.

    Attributes:
        memory: Shape of what `step` remembers of a row.
        streams: Whether sequences may be longer than the context.
    """

    memory: tuple[int, ...]
    streams: ClassVar[bool] = False

    def __init__(self, layers: int, width: int, heads: int, context: int) -> None:
        super().__init__()
        self.memory = (context, width)

    def forward(self, embeddings: Tensor) -> Tensor:
        """Computes the features of every position.

        Args:
            embeddings: Frame embeddings, `(B, T, D)`, T at most the context unless the trunk streams.

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

        Unless a trunk streams, it serves up to the context alone: then every position moves with each step, and `last`
        is called instead.

        Args:
            embeddings: Embeddings of the next positions, `(B, D)`.
            memory: What is remembered of all rows, `(rows, *self.memory)`, finite; written to.
            rows: Which rows, `(B,)`.
            lengths: Positions from the start, these included, from 1 on, `(B,)`.

        Returns:
            Features at these positions, `(B, D)`.
        """
        memory[rows, lengths - 1] = embeddings.to(memory.dtype)
        return self.last(memory[rows], lengths)


TRUNKS: Final = Parts(
    "trunk",
    Trunk,
    {
        "gpt2": "padzoo.zoo.nets.gpt2.GPT2",
        "streaming": "padzoo.zoo.nets.streaming.Streaming",
    },
)
