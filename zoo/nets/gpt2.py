"""The causal transformer: the paper's trunk."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from padzoo.zoo.nets.trunk import Trunk

Attention = Callable[[Tensor, Tensor, Tensor], Tensor]  # of queries, keys and values, (B, heads, T, D / heads)


def causal(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Lets every position attend to itself and all before it.

    Args:
        q: Queries, `(B, heads, T, D / heads)`.
        k: Keys, as the queries.
        v: Values, as the queries.

    Returns:
        What each position attends to, as the queries.
    """
    return F.scaled_dot_product_attention(q, k, v, is_causal=True)


class Block(nn.Module):
    """One GPT-2 block: pre-norm causal attention, then pre-norm MLP of four times the width.

    Args:
        width: Width of the embeddings.
        heads: Attention heads.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.attention_norm = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.attention_out = nn.Linear(width, width)
        self.mlp_norm = nn.LayerNorm(width)
        self.mlp_in = nn.Linear(width, 4 * width)
        self.mlp_out = nn.Linear(4 * width, width)

    def forward(self, x: Tensor, attention: Attention = causal) -> Tensor:
        """Applies the block to every position.

        Args:
            x: Embeddings, `(B, T, D)`.
            attention: What a position attends to.

        Returns:
            Embeddings, `(B, T, D)`.
        """
        q, k, v = map(self._split, self.qkv(self.attention_norm(x)).chunk(3, dim=-1))  # (B, heads, T, D / heads)
        return self._finish(x, attention(q, k, v))

    def last(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Applies the block, but computes only each row's last query: keys and values are all that others give.

        Args:
            x: Embeddings, `(B, T, D)`, each row padded on the right.
            lengths: Positions in use, 1 to T, `(B,)`.

        Returns:
            The block's output at position `lengths - 1`, `(B, D)`.
        """
        width = x.shape[-1]
        normed = self.attention_norm(x)
        rows = torch.arange(x.shape[0], device=x.device)
        q = F.linear(normed[rows, lengths - 1], self.qkv.weight[:width], self.qkv.bias[:width])  # (B, D)
        k, v = F.linear(normed, self.qkv.weight[width:], self.qkv.bias[width:]).chunk(2, dim=-1)  # (B, T, D)
        return self._finish_last(x[rows, lengths - 1], q, k, v, lengths)

    def step(self, x: Tensor, memory: Tensor, rows: Tensor, lengths: Tensor) -> Tensor:
        """Applies the block to the next position of some rows, whose earlier keys and values are remembered.

        Args:
            x: Embeddings of the next positions, `(B, D)`.
            memory: Keys and values of all rows, `(rows, 2, T, D)`; these positions' are written into it.
            rows: Which rows, `(B,)`.
            lengths: Positions in use, these included, 1 to T, `(B,)`.

        Returns:
            The block's output at these positions, `(B, D)`.
        """
        q, k, v = self.qkv(self.attention_norm(x)).chunk(3, dim=-1)  # (B, D)
        memory[rows, :, lengths - 1] = torch.stack([k, v], dim=1).to(memory.dtype)
        keys, values = memory[rows].unbind(1)  # (B, T, D)
        return self._finish_last(x, q, keys, values, lengths)

    def _finish_last(self, x: Tensor, q: Tensor, k: Tensor, v: Tensor, lengths: Tensor) -> Tensor:
        """Lets one query a row attend to the row's first `lengths` keys and values; `(B, D)`."""
        used = torch.arange(k.shape[1], device=k.device) < lengths[:, None]  # (B, T)
        q, k, v = map(self._split, (q[:, None], k, v))  # (B, heads, 1 or T, D / heads)
        attended = F.scaled_dot_product_attention(q, k, v, attn_mask=used[:, None, None])
        return self._finish(x[:, None], attended)[:, 0]

    def _split(self, x: Tensor) -> Tensor:
        return x.view(*x.shape[:2], self.heads, -1).transpose(1, 2)  # (B, heads, T, D / heads)

    def _finish(self, x: Tensor, attended: Tensor) -> Tensor:
        x = x + self.attention_out(attended.transpose(1, 2).flatten(2))
        hidden = F.gelu(self.mlp_in(self.mlp_norm(x)), approximate="tanh")  # GPT-2's form of it
        out: Tensor = x + self.mlp_out(hidden)
        return out


class GPT2(Trunk):
    """A GPT-2 transformer with learnt positions and a final LayerNorm (Appendix C.1).

    While a window grows, each block remembers keys and values, `(blocks, 2, T, D)` a row.

    Args:
        layers: Blocks.
        width: Width of the embeddings.
        heads: Attention heads a block.
        context: Longest window in steps.
    """

    def __init__(self, layers: int, width: int, heads: int, context: int) -> None:
        super().__init__(layers, width, heads, context)
        self.memory = (layers, 2, context, width)
        self.positions = nn.Parameter(torch.empty(context, width))
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        nn.init.normal_(self.positions, std=0.02)
        initialise(self, layers)

    def forward(self, embeddings: Tensor) -> Tensor:
        """Computes the features of every position; see `Trunk.forward`."""
        x = embeddings + self.positions[: embeddings.shape[1]]
        for block in self.blocks:
            x = block(x)
        features: Tensor = self.norm(x)
        return features

    def last(self, embeddings: Tensor, lengths: Tensor) -> Tensor:
        """Computes the features of each row's last position, with one query in the last block; see `Trunk.last`."""
        x = embeddings + self.positions[: embeddings.shape[1]]
        *others, final = self.blocks
        for block in others:
            x = block(x)  # causal: what pads a row on the right reaches no position in use
        assert isinstance(final, Block)
        features: Tensor = self.norm(final.last(x, lengths))
        return features

    def step(self, embeddings: Tensor, memory: Tensor, rows: Tensor, lengths: Tensor) -> Tensor:
        """Computes the features of the next position of some rows, on that position alone; see `Trunk.step`."""
        x = embeddings + self.positions[lengths - 1]
        for index, block in enumerate(self.blocks):
            assert isinstance(block, Block)
            x = block.step(x, memory[:, index], rows, lengths)
        features: Tensor = self.norm(x)
        return features


def initialise(trunk: nn.Module, layers: int) -> None:
    """Draws GPT-2's initial weights of linear layers: N(0, 0.02), those that end a residual branch scaled down.

    Args:
        trunk: The trunk.
        layers: Blocks in it; the scale is 1 / sqrt(2 layers).
    """
    for name, module in trunk.named_modules():
        if isinstance(module, nn.Linear):
            scale = (2 * layers) ** -0.5 if name.endswith("_out") else 1.0
            nn.init.normal_(module.weight, std=0.02 * scale)
            nn.init.zeros_(module.bias)
