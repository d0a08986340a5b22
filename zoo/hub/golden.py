"""The golden output: what a network gives for an input made from a seed, by which every copy of it is tried."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import torch
from torch import Tensor

from padzoo.core.gamepad import SIZES
from padzoo.zoo.hub.card import Golden
from padzoo.zoo.nets.policy import Policy
from padzoo.zoo.nets.reward import RewardNet

TILES: Final = 8  # a frame is 8 x 8 tiles of random colours
LENGTHS: Final = (8, 24)  # steps of the trajectories that a reward model is given
# Of 1 + the value. Other kernels and two threads moved seven trained networks by 1.3e-6 at most, rounding their weights
# to float16 by 4e-5 to 4e-4, to bfloat16 by 8e-4 to 7e-3 (benchmarks/rounding.py).
TOLERANCE: Final = 1e-4


def golden_output(net: Policy | RewardNet, seed: int) -> list[float]:
    """Computes what a network gives for the input of a seed.

    Args:
        net: The network, on the CPU in float32 and in evaluation mode.
        seed: Seed of the input, 0 or more.

    Returns:
        A policy's 68 logits at the last step of a full window; a reward model's rewards of two trajectories. Seven
        digits of each.
    """
    rng = np.random.default_rng(seed)
    with torch.no_grad():
        if isinstance(net, Policy):
            frames, actions = _episode(rng, net.context, net.image_size)
            output = net(frames[None], actions[None])[0, -1]
        else:
            side = net.encoder.image_size or TILES
            episodes = [_episode(rng, min(length, net.steps), side) for length in LENGTHS]
            output = net.reward([frames for frames, _ in episodes], [actions for _, actions in episodes])
    return [float(f"{value:.7g}") for value in output.tolist()]


def check_golden(net: Policy | RewardNet, golden: Golden, source: str) -> None:
    """Tries a network with the golden input.

    Args:
        net: As for `golden_output`.
        golden: Seed and output on its card.
        source: Where it comes from, for the message.

    Raises:
        ValueError: If its output is another.
    """
    output = golden_output(net, golden.seed)
    if len(output) != len(golden.output):
        expected = len(golden.output)
        raise ValueError(f"{source}: the golden output has {expected} numbers; the network gives {len(output)}")
    found = off(output, golden.output)
    if not found <= TOLERANCE:  # so that NaN is refused as well
        raise ValueError(f"{source}: its golden output is off by {found:.2g} of 1 + the value; allowed: {TOLERANCE:g}")


def off(output: Sequence[float], expected: Sequence[float]) -> float:
    """Returns how far an output is off at most, as a share of 1 + the expected value.

    Args:
        output: What a network gives.
        expected: What it should give, as many numbers.
    """
    wanted = np.asarray(expected)
    return float(np.max(np.abs(np.asarray(output) - wanted) / (1 + np.abs(wanted))))


def _episode(rng: np.random.Generator, steps: int, side: int) -> tuple[Tensor, Tensor]:
    """Draws frames, uint8 `(T, S, S, 3)`, and actions, int64 `(T, 16)`."""
    tiles = rng.integers(0, 256, (steps, TILES, TILES, 3), dtype=np.uint8)
    frames = tiles.repeat(side // TILES, axis=1).repeat(side // TILES, axis=2)
    return torch.from_numpy(frames), torch.from_numpy(rng.integers(0, SIZES, (steps, len(SIZES))))
