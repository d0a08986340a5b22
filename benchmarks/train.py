"""How fast behavior cloning trains: `python benchmarks/train.py 4m --threads 2` prints a table.

Compared in one run, round by round, on one batch that lies on the device: a loop written by hand, and Lightning's with
the configured trainer, logger and progress bar. Beside them, how many operations a second that is of those that a plain
matrix product reaches in the same precision. Nothing is augmented or read: `benchmarks/reader.py` measures the reading.
"""

import argparse
import io
import logging
import tempfile
import time
import warnings
from contextlib import redirect_stdout
from itertools import repeat
from statistics import median
from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import TQDMProgressBar
from lightning.pytorch.loggers import TensorBoardLogger
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset

from padzoo.allocator import keep_freed_memory
from padzoo.core.provenance import origin, peak_memory
from padzoo.zoo.learn.behavior_cloning import BehaviorCloning
from padzoo.zoo.nets.cost import training_flops
from padzoo.zoo.nets.gamepad_distribution import GamepadDistribution
from padzoo.zoo.nets.policy import Policy

WARMUP = 3  # updates that are not timed
DTYPES = {"bf16-mixed": torch.bfloat16, "16-mixed": torch.float16, "32-true": torch.float32}


def synchronize(device: str) -> None:
    """Waits for the device."""
    if device == "cuda":
        torch.cuda.synchronize()


class Batches(IterableDataset[dict[str, Tensor]]):
    """The same batch again and again.

    Args:
        batch: Frames, actions and mask, on the device.
    """

    def __init__(self, batch: dict[str, Tensor]) -> None:
        self.batch = batch

    def __iter__(self) -> Any:
        return repeat(self.batch)


class Clock(Callback):
    """Times the updates behind the warm-up.

    Args:
        device: Where they run.
    """

    def __init__(self, device: str) -> None:
        self.device = device
        self.seconds = 0.0

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *_: Any) -> None:
        """Starts the clock."""
        if trainer.global_step == WARMUP:
            synchronize(self.device)
            self.seconds = -time.perf_counter()

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Stops the clock."""
        synchronize(self.device)
        self.seconds += time.perf_counter()


def by_hand(size: str, batch: dict[str, Tensor], options: argparse.Namespace) -> float:
    """Returns the seconds of the updates in the loop that a researcher would write."""
    net = Policy(size).to(options.device)
    if options.compile:
        net.compile()
    scaler = torch.amp.GradScaler(options.device, enabled=options.precision == "16-mixed")
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-4, weight_decay=1e-4, fused=options.precision != "16-mixed")
    for update in range(WARMUP + options.steps):
        if update == WARMUP:
            synchronize(options.device)
            start = time.perf_counter()
        dtype = DTYPES[options.precision]
        with torch.autocast(options.device, dtype, enabled=dtype != torch.float32):
            distribution = GamepadDistribution(net(batch["frames"], batch["actions"]))
            loss = torch.where(batch["mask"], -distribution.log_prob(batch["actions"]), 0.0).mean()
        optimizer.zero_grad()
        scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
        scaler.unscale_(optimizer)
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        scaler.step(optimizer)
        scaler.update()
    synchronize(options.device)
    return time.perf_counter() - start


def by_lightning(size: str, batch: dict[str, Tensor], options: argparse.Namespace) -> float:
    """Returns the seconds of the same updates in Lightning."""
    clock = Clock(options.device)
    with tempfile.TemporaryDirectory() as folder, redirect_stdout(io.StringIO()):
        trainer = Trainer(
            accelerator="gpu" if options.device == "cuda" else "cpu",
            devices=1,
            precision=options.precision,
            max_epochs=-1,
            max_steps=WARMUP + options.steps,
            gradient_clip_val=1.0,
            log_every_n_steps=10,
            enable_checkpointing=False,
            logger=TensorBoardLogger(folder),
            callbacks=[clock, TQDMProgressBar()],
        )
        module = BehaviorCloning(size, warmup_steps=0, compiled=options.compile)
        trainer.fit(module, DataLoader(Batches(batch), batch_size=None))
    return clock.seconds


def matrix_rate(options: argparse.Namespace) -> float:
    """Returns the operations a second of a large matrix product in the precision of training."""
    side = 8192 if options.device == "cuda" else 2048
    dtype = DTYPES[options.precision]
    one, other = (torch.randn(side, side, device=options.device, dtype=dtype) for _ in range(2))
    one @ other
    synchronize(options.device)
    start = time.perf_counter()
    for _ in range(10):
        one @ other
    synchronize(options.device)
    return 20 * side**3 / (time.perf_counter() - start)


def compare(options: argparse.Namespace) -> None:
    """Measures round by round and prints the table."""
    policy = Policy(options.size)
    flops, side = training_flops(policy), policy.image_size
    shape = (options.batch, policy.context)
    batch = {
        "frames": torch.randint(0, 256, (*shape, side, side, 3), dtype=torch.uint8, device=options.device),
        "actions": torch.zeros(*shape, 16, dtype=torch.long, device=options.device),
        "mask": torch.ones(shape, dtype=torch.bool, device=options.device),
    }
    frames = options.steps * options.batch * policy.context
    by_lightning(options.size, batch, options)
    memory = peak_memory()  # before other networks are in the process too
    hand, lightning, matrix = [], [], []
    for _ in range(options.rounds):
        matrix.append(matrix_rate(options))
        hand.append(frames / by_hand(options.size, batch, options))
        lightning.append(frames / by_lightning(options.size, batch, options))
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
    given.device = "cuda" if torch.cuda.is_available() else "cpu"
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
    compare(given)
