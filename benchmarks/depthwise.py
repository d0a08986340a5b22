"""What the encoder's depthwise convolutions cost in bf16-mixed on a CPU: `python benchmarks/depthwise.py tiny`.

Compared in one run, round by round: training steps whose depthwise convolutions compute in float32, as they do here,
and the same in bfloat16, as autocast would have it. Prints frames a second and their ratio.
"""

import argparse
import time
from contextlib import AbstractContextManager, nullcontext
from statistics import median
from unittest.mock import patch

import torch
from torch import Tensor

from padzoo.core.provenance import origin
from padzoo.zoo.nets.convnext_encoder import ConvNeXtBlock
from padzoo.zoo.nets.policy import Policy

STEPS = 4


def in_bfloat16() -> AbstractContextManager[object]:
    """Leaves the depthwise convolutions to autocast."""
    return patch.object(ConvNeXtBlock, "depthwise", lambda block, images: block.conv_dw(images))


class Training:
    """Training steps of one policy on one batch.

    Args:
        size: The policy's size.
        windows: Windows a batch, each as long as the policy's context.
    """

    def __init__(self, size: str, windows: int) -> None:
        self.policy = Policy(size)
        self.optimizer = torch.optim.AdamW(self.policy.parameters(), fused=True)
        shape = (windows, self.policy.context, self.policy.image_size, self.policy.image_size, 3)
        self.frames: Tensor = torch.randint(0, 256, shape, dtype=torch.uint8)

    def step(self) -> None:
        """Takes one training step."""
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = self.policy(self.frames)
        self.optimizer.zero_grad()
        logits.float().square().mean().backward()
        self.optimizer.step()

    def rate(self, choice: AbstractContextManager[object]) -> float:
        """Frames a second over some steps."""
        with choice:
            self.step()
            start = time.perf_counter()
            for _ in range(STEPS):
                self.step()
            return STEPS * self.frames[..., 0, 0, 0].numel() / (time.perf_counter() - start)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("size")
    parser.add_argument("--windows", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    torch.set_num_threads(1)
    training = Training(given.size, given.windows)
    rounds = [(training.rate(nullcontext()), training.rate(in_bfloat16())) for _ in range(given.rounds)]
    ratios = [one / two for one, two in rounds]
    print(f"## Depthwise convolutions, {given.size}\n\n{origin()}")
    print(f"`python benchmarks/depthwise.py {given.size} --windows {given.windows}`, one thread,")
    print(f"{given.rounds} rounds of {STEPS} steps each\n")
    print("| depthwise convolutions in | frames/s |\n| --- | --- |")
    print(f"| float32 | {median(one for one, _ in rounds):,.0f} |")
    print(f"| bfloat16 | {median(two for _, two in rounds):,.0f} |")
    print(f"\nfloat32 / bfloat16: {median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f}).")
