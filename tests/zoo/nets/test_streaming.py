import pytest
import torch
from lightning.pytorch.plugins.precision import HalfPrecision
from torch import Tensor
from torch.nn import functional as F

from padzoo.zoo.nets.gpt2 import Block
from padzoo.zoo.nets.streaming import Streaming


def noisy_trunk(layers: int, context: int) -> Streaming:
    """A trunk with weights large enough that every part of it shows in the output; precise, so that little does."""
    torch.manual_seed(0)
    trunk = Streaming(layers, width=48, heads=4, context=context).double()
    with torch.no_grad():
        for parameter in trunk.parameters():
            parameter.add_(0.2 * torch.randn_like(parameter))
    return trunk.eval()


def by_hand(block: Block, x: Tensor, window: int) -> Tensor:
    """A block written out query by query, where positions turn complex numbers."""
    batch, steps, width = x.shape
    size = width // block.heads
    q, k, v = block.qkv(block.attention_norm(x)).view(batch, steps, 3, block.heads, size).unbind(2)
    angles = torch.arange(steps)[:, None] * 10_000.0 ** (-torch.arange(size // 2) / (size // 2))  # (T, size / 2)
    turn = torch.polar(torch.ones_like(angles), angles)[:, None]
    q, k = (torch.complex(*part.chunk(2, -1)) * turn for part in (q, k))  # (B, T, heads, size / 2)
    attended = torch.zeros_like(v)
    for step in range(steps):
        seen = slice(max(0, step - window + 1), step + 1)
        scores = torch.einsum("bhc,bthc->bht", q[:, step], k[:, seen].conj()).real / size**0.5
        attended[:, step] = torch.einsum("bht,bthc->bhc", scores.softmax(-1), v[:, seen])
    x = x + block.attention_out(attended.flatten(2))
    hidden: Tensor = x + block.mlp_out(F.gelu(block.mlp_in(block.mlp_norm(x)), approximate="tanh"))
    return hidden


@torch.no_grad()
def test_it_is_blocks_with_rotary_positions_and_a_window_each_and_a_norm() -> None:
    trunk, x = noisy_trunk(3, 9), torch.randn(2, 25, 48).double()
    expected = x
    for block, window in zip(trunk.blocks, (4, 4, 3), strict=True):
        assert isinstance(block, Block)
        expected = by_hand(block, expected, window)
    torch.testing.assert_close(trunk(x), trunk.norm(expected), atol=1e-4, rtol=1e-4)  # angles are float32


@torch.no_grad()
@pytest.mark.parametrize(("layers", "context"), [(1, 32), (2, 32), (4, 32), (8, 32), (8, 5), (2, 1)])
def test_a_step_sees_the_context_and_nothing_before(layers: int, context: int) -> None:
    trunk, x = noisy_trunk(layers, context), torch.randn(1, 80, 48).double()
    changed = x.clone()
    changed[:, 20] *= -1
    moved = (trunk(changed) - trunk(x)).abs().amax((0, 2)).nonzero()[:, 0]
    assert moved.tolist() == list(range(20, 20 + context))


@torch.no_grad()
def test_a_window_cut_from_an_episode_ends_with_what_the_episode_gives() -> None:
    trunk, x = noisy_trunk(4, 32), torch.randn(1, 100, 48).double()
    whole = trunk(x)
    for start in (0, 1, 17, 68):
        last = trunk(x[:, start : start + 32])[:, -1]
        torch.testing.assert_close(last, whole[:, start + 31], atol=1e-4, rtol=1e-4)


@torch.no_grad()
@pytest.mark.parametrize(("layers", "context"), [(4, 32), (2, 5), (8, 3)])
def test_steps_are_the_forward_pass_over_episodes_of_any_length_restarted_one_by_one(layers: int, context: int) -> None:
    trunk, generator = noisy_trunk(layers, context), torch.Generator().manual_seed(0)
    episodes = torch.randn(2, 4, 100, 48, generator=generator, dtype=torch.float64)  # of four games
    expected = torch.stack([trunk(episode) for episode in episodes])
    memory = torch.randn(4, *trunk.memory, dtype=torch.float64)  # whatever was there before
    lengths, number = torch.zeros(4, dtype=torch.long), torch.zeros(4, dtype=torch.long)
    for time in range(140):
        if time % 25 == 20 and time < 100:  # one game starts anew, the others are in the middle
            lengths[time // 25], number[time // 25] = 0, 1
        rows = torch.randperm(4, generator=generator)[: 2 + time % 3]
        lengths[rows] += 1
        place = number[rows], rows, lengths[rows] - 1
        features = trunk.step(episodes[place], memory, rows, lengths[rows])
        torch.testing.assert_close(features, expected[place], atol=1e-4, rtol=1e-4)
    assert lengths.min() > 32


@torch.no_grad()
def test_steps_are_as_exact_after_days_as_at_first() -> None:
    trunk, x = noisy_trunk(4, 32).float(), torch.randn(1, 32, 48)
    memory, rows = torch.randn(1, *trunk.memory), torch.zeros(1, dtype=torch.long)
    for step in range(32):
        features = trunk.step(x[:, step], memory, rows, torch.tensor([100_000_000 + step]))
    torch.testing.assert_close(features, trunk(x)[:, -1], atol=1e-4, rtol=1e-4)


@torch.no_grad()
def test_half_precision_rounds_and_leaves_positions_as_they_are() -> None:
    trunk, x = noisy_trunk(2, 32).float(), torch.randn(1, 60, 48)
    exact = trunk(x)
    rough = trunk.bfloat16()(x.bfloat16())
    assert rough.dtype == torch.bfloat16
    torch.testing.assert_close(rough.float(), exact, atol=0.15, rtol=0.05)
    with HalfPrecision("bf16-true").forward_context():  # in which new tensors are rounded
        assert trunk._rotation(torch.arange(32))[0].dtype == torch.float32
