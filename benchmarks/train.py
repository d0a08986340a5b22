"""How fast behavior cloning trains: `python benchmarks/train.py 4m --threads 2` prints a table.

Compared in one run, round by round, on one batch that lies on the device: a loop written by hand, and Lightning's with
the configured trainer, logger and progress bar. Beside them, how many operations a second that is of those that a plain
matrix product reaches in the same precision. Nothing is augmented or read: `benchmarks/reader.py` measures the reading.
"""

import argparse
import logging
import warnings
from statistics import median

import torch
from updates import DTYPES, Setup, by_hand, by_lightning, matrix_rate

from padzoo.allocator import keep_freed_memory
from padzoo.core.provenance import origin, peak_memory
from padzoo.zoo.nets.cost import training_flops
from padzoo.zoo.nets.policy import Policy


def compare(setup: Setup, rounds: int) -> None:
    """Measures round by round and prints the table."""
    flops, batch = training_flops(Policy(setup.size)), setup.batch()
    by_lightning(batch, setup)
    memory = peak_memory()  # before other networks are in the process too
    side = 8192 if setup.device == "cuda" else 2048
    hand, lightning, matrix = [], [], []
    for _ in range(rounds):
        matrix.append(matrix_rate(setup.device, setup.precision, side))
        hand.append(setup.frames / by_hand(batch, setup)[0])
        lightning.append(setup.frames / by_lightning(batch, setup)[0])
    print("| loop | frames/s | GFLOP/s | of a matrix product |\n| --- | --- | --- | --- |")
    for name, rates in (("by hand", hand), ("Lightning", lightning)):
        rate = median(rates)
        print(f"| {name} | {rate:,.0f} | {rate * flops / 1e9:,.0f} | {rate * flops / median(matrix):.0%} |")
    ratios = [one / other for one, other in zip(hand, lightning, strict=True)]
    spread = f"{min(ratios):.3f} to {max(ratios):.3f}"
    print(f"\nBy hand / Lightning: {median(ratios):.3f} ({spread}); goal: at most 1.03.")
    print(f"Peak memory in Lightning's loop: {memory:.2f} GB.")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("size")
    parser.add_argument("--batch", type=int, default=16, help="windows of 32 frames")
    parser.add_argument("--precision", default="bf16-mixed", choices=DTYPES)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--steps", type=int, default=20, help="updates a round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--compile", action="store_true")
    given = parser.parse_args()
    keep_freed_memory()  # as every command does
    torch.set_num_threads(given.threads)
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore")
    words = f"{given.size} --batch {given.batch} --precision {given.precision} --threads {given.threads}"
    print(f"## Training {given.size}, {given.precision}{', compiled' * given.compile}\n")
    print(origin())
    print(
        f"`python benchmarks/train.py {words}{' --compile' * given.compile}`: {given.rounds} rounds of {given.steps}\n"
    )
    device = "cuda" if torch.cuda.is_available() else "cpu"
    setup = Setup(given.size, device, given.precision, given.batch, given.steps, compiled=given.compile)
    compare(setup, given.rounds)
