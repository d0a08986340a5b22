import math

import torch
from torch import Tensor
from torch.nn import functional as F

from padzoo.zoo.nets.gpt2 import GPT2, Block


def by_hand(block: Block, x: Tensor) -> Tensor:
    """A GPT-2 block written out with einsum, loops over heads and an explicit mask."""
    width, heads = x.shape[-1], block.heads
    size = width // heads
    normed = F.layer_norm(x, (width,), block.attention_norm.weight, block.attention_norm.bias)
    qkv = torch.einsum("btd,ed->bte", normed, block.qkv.weight) + block.qkv.bias
    mask = torch.ones(x.shape[1], x.shape[1]).tril().bool()
    outputs = []
    for head in range(heads):
        q, k, v = (qkv[..., part * width + head * size : part * width + (head + 1) * size] for part in range(3))
        weights = torch.einsum("bqd,bkd->bqk", q, k) / math.sqrt(size)
        weights = weights.masked_fill(~mask, -math.inf).softmax(-1)
        outputs.append(torch.einsum("bqk,bkd->bqd", weights, v))
    x = x + torch.cat(outputs, -1) @ block.attention_out.weight.T + block.attention_out.bias
    normed = F.layer_norm(x, (width,), block.mlp_norm.weight, block.mlp_norm.bias)
    hidden = normed @ block.mlp_in.weight.T + block.mlp_in.bias
    gelu = 0.5 * hidden * (1 + torch.tanh(math.sqrt(2 / math.pi) * (hidden + 0.044715 * hidden**3)))
    return x + gelu @ block.mlp_out.weight.T + block.mlp_out.bias


def noisy_trunk() -> GPT2:
    """A trunk with weights large enough that every part of it shows in the output."""
    torch.manual_seed(0)
    trunk = GPT2(layers=3, width=48, heads=4, context=32)
    with torch.no_grad():
        for parameter in trunk.parameters():
            parameter.add_(0.2 * torch.randn_like(parameter))
    return trunk.eval()


@torch.no_grad()
def test_block_is_gpt2s() -> None:
    block, x = noisy_trunk().blocks[0], torch.randn(3, 17, 48)
    assert isinstance(block, Block)
    torch.testing.assert_close(block(x), by_hand(block, x), atol=1e-4, rtol=1e-4)


@torch.no_grad()
def test_trunk_is_positions_blocks_and_a_norm() -> None:
    trunk, x = noisy_trunk(), torch.randn(2, 32, 48)
    expected = x + trunk.positions
    for block in trunk.blocks:
        assert isinstance(block, Block)
        expected = by_hand(block, expected)
    torch.testing.assert_close(trunk(x), trunk.norm(expected), atol=1e-4, rtol=1e-4)


@torch.no_grad()
def test_features_depend_on_the_past_only() -> None:
    trunk, x = noisy_trunk(), torch.randn(1, 32, 48)
    changed = x.clone()
    changed[:, 20] *= -1  # adding a constant would fall to the LayerNorms
    before, after = trunk(x), trunk(changed)
    torch.testing.assert_close(after[:, :20], before[:, :20])
    assert ((after[:, 20:] - before[:, 20:]).abs().amax(-1) > 1e-3).all()


@torch.no_grad()
def test_last_equals_the_full_pass_for_rows_of_any_length() -> None:
    trunk, lengths = noisy_trunk(), torch.arange(1, 33)
    x = torch.randn(32, 32, 48)
    expected = trunk(x)[torch.arange(32), lengths - 1]
    padding = torch.arange(32) >= lengths[:, None]
    x[padding] = 1e3  # what pads a row must not reach it
    torch.testing.assert_close(trunk.last(x, lengths), expected, atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_stepping_equals_the_full_pass_whichever_rows_take_part() -> None:
    trunk, embeddings = noisy_trunk(), torch.randn(3, 32, 48)
    memory, lengths = torch.zeros(3, 3, 2, 32, 48), torch.zeros(3, dtype=torch.long)
    expected = trunk(embeddings)
    for rows in ([0], [2, 0], [1, 2, 0], [2], [1, 0], [0], [2, 1]):
        lengths[rows] += 1
        ends, chosen = lengths[rows], torch.tensor(rows)
        features = trunk.step(embeddings[chosen, ends - 1], memory, chosen, ends)
        torch.testing.assert_close(features, expected[chosen, ends - 1], atol=1e-4, rtol=1e-4)


def test_initial_weights_are_gpt2s() -> None:
    torch.manual_seed(0)
    trunk = GPT2(layers=8, width=256, heads=4, context=32)
    block = trunk.blocks[3]
    assert isinstance(block, Block)
    for weight, std in [
        (trunk.positions, 0.02),
        (block.qkv.weight, 0.02),
        (block.mlp_in.weight, 0.02),
        (block.attention_out.weight, 0.02 / 4),
        (block.mlp_out.weight, 0.02 / 4),
    ]:
        assert abs(weight.std().item() / std - 1) < 0.03
    assert block.qkv.bias.abs().max() == 0
