"""What the encoder's depthwise convolutions cost on a CPU: `python benchmarks/depthwise.py tiny` prints a table.

Training steps, round by round: as they are; with small images convolved by the library too, not by matrices; and, in
bf16-mixed, with all of them in bfloat16, as autocast would have it. A ratio is of rounds side by side.
"""

import argparse
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from statistics import median
from unittest.mock import patch

import torch
from torch import Tensor

from padzoo.core.provenance import origin
from padzoo.zoo.nets.convnext_encoder import ConvNeXtBlock
from padzoo.zoo.nets.policy import Policy

STEPS = 4


def by_the_library() -> AbstractContextManager[object]:
    """Convolves images of every size with the library's convolution."""
    return patch.object(ConvNeXtBlock, "_depthwise_by_matrices", lambda block, images: block.conv_dw(images))


def in_bfloat16() -> AbstractContextManager[object]:
    """Leaves the depthwise convolutions to autocast."""
    return patch.object(ConvNeXtBlock, "depthwise", lambda block, images: block.conv_dw(images))


class Training:
    """Training steps of one policy on one batch.

    Args:
        size: The policy's size.
        windows: Windows a batch, each as long as the policy's context.
        mixed: Whether in bf16-mixed.
    """

    def __init__(self, size: str, windows: int, mixed: bool) -> None:
        self.mixed = mixed
        self.policy = Policy(size)
        self.optimizer = torch.optim.AdamW(self.policy.parameters(), fused=True)
        shape = (windows, self.policy.context, self.policy.image_size, self.policy.image_size, 3)
        self.frames: Tensor = torch.randint(0, 256, shape, dtype=torch.uint8)

    def step(self) -> None:
        """Takes one training step."""
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.mixed):
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


def main() -> None:
    """Measures in rounds and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("size")
    parser.add_argument("--precision", default="32-true", choices=["32-true", "bf16-mixed"])
    parser.add_argument("--windows", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    torch.set_num_threads(1)
    mixed = given.precision == "bf16-mixed"
    training = Training(given.size, given.windows, mixed)
    ways: dict[str, Callable[[], AbstractContextManager[object]]] = {
        "as they are": nullcontext,
        "by the library's convolution alone": by_the_library,
    }
    if mixed:
        ways["in bfloat16"] = in_bfloat16
    rounds = [[training.rate(way()) for way in ways.values()] for _ in range(given.rounds)]
    print(f"## Depthwise convolutions, {given.size}, {given.precision}\n\n{origin()}")
    print(f"`python benchmarks/depthwise.py {given.size} --precision {given.precision} --windows {given.windows}`:")
    print(f"one thread, {given.rounds} rounds of {STEPS} steps each\n")
    print("| depthwise convolutions | frames/s | as they are / this |\n| --- | --- | --- |")
    for name, rates in zip(ways, zip(*rounds, strict=True), strict=True):
        ratios = [line[0] / rate for line, rate in zip(rounds, rates, strict=True)]
        print(f"| {name} | {median(rates):,.0f} | **{median(ratios):.2f}** ({min(ratios):.2f} to {max(ratios):.2f}) |")


if __name__ == "__main__":
    main()
