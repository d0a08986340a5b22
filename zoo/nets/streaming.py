"""A transformer that streams: acting costs one position a step, however long an episode is."""

from functools import partial
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from padzoo.zoo.nets.gpt2 import Block, initialise
from padzoo.zoo.nets.trunk import Trunk

BASE: Final = 10_000.0  # of the rotations' frequencies (Su et al. 2021)
Rotation = tuple[Tensor, Tensor]  # cosines and sines, (..., T, D / heads / 2)


class Streaming(Trunk):
    """GPT-2 blocks with rotary positions, each with a sliding window of keys.

    A position attends to the last few in each block, and so sees further with every block. The windows share the
    context out among the blocks, so that the last one sees it and nothing before: `sum(window - 1) == context - 1`.

    It remembers the last keys and values of each block in a ring, `(blocks, 2, heads, slots, D / heads)` a row. Keys
    are rotated by their age when they are used, so that the numbers do not depend on how long an episode is.

    Args:
        layers: Blocks.
        width: Width of the embeddings.
        heads: Attention heads a block.
        context: Steps that a step sees, its own among them.
    """

    streams = True

    def __init__(self, layers: int, width: int, heads: int, context: int) -> None:
        super().__init__(layers, width, heads, context)
        share, rest = divmod(context - 1, layers)
        self.windows = [1 + share + (index < rest) for index in range(layers)]
        self.memory = (layers, 2, heads, self.windows[0], width // heads)
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        initialise(self, layers)

    def forward(self, embeddings: Tensor) -> Tensor:
        """Computes the features of every position of sequences of any length; see `Trunk.forward`."""
        steps = torch.arange(embeddings.shape[1], device=embeddings.device)
        ages, rotation = steps[:, None] - steps, self._rotation(steps)  # (T, T)
        x = embeddings
        for block, window in zip(self.blocks, self.windows, strict=True):
            x = block(x, partial(_attend, rotation, (ages >= 0) & (ages < window)))
        features: Tensor = self.norm(x)
        return features

    def step(self, embeddings: Tensor, memory: Tensor, rows: Tensor, lengths: Tensor) -> Tensor:
        """Computes the features of the next position of some rows, on that position alone; see `Trunk.step`."""
        slots = torch.arange(self.windows[0], device=lengths.device)
        ages = (lengths[:, None] - 1 - slots) % len(slots)  # (B, slots)
        used, rotation = ages < lengths[:, None], self._rotation(-ages[:, None])
        x = embeddings[:, None]
        for index, (block, window) in enumerate(zip(self.blocks, self.windows, strict=True)):
            seen = used & (ages < window)
            x = block(x, partial(_recall, memory[:, index], rows, (lengths - 1) % len(slots), rotation, seen))
        features: Tensor = self.norm(x[:, 0])
        return features

    def _rotation(self, steps: Tensor) -> Rotation:
        """Returns the cosines and sines of positions `(..., T)`."""
        half = self.memory[-1] // 2
        # Not a buffer: a policy in half precision would round it.
        frequencies = BASE ** (-torch.arange(half, dtype=torch.float32, device=steps.device) / half)
        angles = steps[..., None] * frequencies  # (..., T, half)
        return angles.cos(), angles.sin()


def _attend(rotation: Rotation, seen: Tensor, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Lets positions attend to those that they see, `(T, T)`."""
    return F.scaled_dot_product_attention(_rotate(q, rotation), _rotate(k, rotation), v, attn_mask=seen)


def _recall(
    memory: Tensor, rows: Tensor, slots: Tensor, rotation: Rotation, seen: Tensor, q: Tensor, k: Tensor, v: Tensor
) -> Tensor:
    """Writes a position of each row into a block's ring and lets it attend to what is seen of that, `(B, slots)`."""
    memory[rows, :, :, slots] = torch.stack([k, v], dim=1)[..., 0, :].to(memory.dtype)
    keys, values = memory[rows].unbind(1)  # (B, heads, slots, D / heads)
    return F.scaled_dot_product_attention(q, _rotate(keys, rotation), values, attn_mask=seen[:, None, None])


def _rotate(x: Tensor, rotation: Rotation) -> Tensor:
    """Turns pairs of numbers, `(B, heads, T, D / heads)`, by the angles of their positions."""
    cosines, sines = (part.to(x.dtype) for part in rotation)
    one, other = x.chunk(2, dim=-1)
    return torch.cat([one * cosines - other * sines, other * cosines + one * sines], dim=-1)
