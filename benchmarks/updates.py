"""Updates of behavior cloning on one batch, again and again, timed: in a loop by hand, and in Lightning's."""

import io
import tempfile
import time
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from itertools import pairwise, repeat
from typing import Any, Final

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import TQDMProgressBar
from lightning.pytorch.loggers import TensorBoardLogger
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset

from padzoo.zoo.learn.behavior_cloning import BehaviorCloning
from padzoo.zoo.nets.gamepad_distribution import GamepadDistribution
from padzoo.zoo.nets.policy import CONTEXT, SIZES, Policy

WARMUP: Final = 3  # updates that are not timed
DTYPES: Final = {"bf16-mixed": torch.bfloat16, "16-mixed": torch.float16, "32-true": torch.float32}


@dataclass(frozen=True)
class Setup:
    """What trains, and how.

    Args:
        size: Size of the policy.
        device: `cpu` or `cuda`.
        precision: `bf16-mixed`, `16-mixed` or `32-true`.
        windows: Windows a batch, of 32 frames each.
        steps: Updates a reading.
        readings: How often so many updates are timed.
        resident: Whether the batch lies on the device, or else in the host's memory and is copied at every update.
        channels_last: Whether weights of convolutions lie channels last too, as images always do.
        compiled: Whether `torch.compile` compiles the network.
        graphs: Whether it makes CUDA graphs of it, by hand alone.
    """

    size: str
    device: str
    precision: str = "bf16-mixed"
    windows: int = 16
    steps: int = 20
    readings: int = 1
    resident: bool = True
    channels_last: bool = False
    compiled: bool = False
    graphs: bool = False

    @property
    def frames(self) -> int:
        """Frames a reading."""
        return self.steps * self.windows * CONTEXT

    def batch(self) -> dict[str, Tensor]:
        """Draws a batch."""
        side, shape = SIZES[self.size].image_size, (self.windows, CONTEXT)
        device = self.device if self.resident else "cpu"
        return {
            "frames": torch.randint(0, 256, (*shape, side, side, 3), dtype=torch.uint8, device=device),
            "actions": torch.zeros(*shape, 16, dtype=torch.long, device=device),
            "mask": torch.ones(shape, dtype=torch.bool, device=device),
        }

    def lay_out(self, net: Policy) -> None:
        """Lays the weights of convolutions out as asked for."""
        if self.channels_last:
            net.to(memory_format=torch.channels_last)


def synchronize(device: str) -> None:
    """Waits for the device."""
    if device == "cuda":
        torch.cuda.synchronize()


class Batches(IterableDataset[dict[str, Tensor]]):
    """The same batch again and again.

    Args:
        batch: Frames, actions and mask.
    """

    def __init__(self, batch: dict[str, Tensor]) -> None:
        self.batch = batch

    def __iter__(self) -> Iterator[dict[str, Tensor]]:
        return repeat(self.batch)


class Clock(Callback):
    """Times the updates behind the warm-up.

    Args:
        setup: How many, and where.
    """

    def __init__(self, setup: Setup) -> None:
        self.steps, self.device = setup.steps, setup.device
        self.times: list[float] = []

    @property
    def seconds(self) -> list[float]:
        """The seconds of each reading."""
        return [end - start for start, end in pairwise(self.times)]

    def tick(self, update: int) -> None:
        """Looks at the clock after an update, the first being 1, if a reading starts or ends with it."""
        if update >= WARMUP and (update - WARMUP) % self.steps == 0:
            synchronize(self.device)
            self.times.append(time.perf_counter())

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *_: Any) -> None:
        """Ticks."""
        self.tick(trainer.global_step)


def by_hand(batch: dict[str, Tensor], setup: Setup) -> list[float]:
    """Returns the seconds of every reading in the loop that a researcher would write."""
    net = Policy(setup.size).to(setup.device)
    setup.lay_out(net)
    if setup.compiled:
        net.compile(mode="reduce-overhead" if setup.graphs else None)
    scaler = torch.amp.GradScaler(setup.device, enabled=setup.precision == "16-mixed")
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-4, weight_decay=1e-4, fused=setup.precision != "16-mixed")
    clock, dtype = Clock(setup), DTYPES[setup.precision]
    for update in range(WARMUP + setup.readings * setup.steps):
        optimizer.zero_grad()
        here = {name: value.to(setup.device) for name, value in batch.items()}
        with torch.autocast(setup.device, dtype, enabled=dtype != torch.float32):
            distribution = GamepadDistribution(net(here["frames"], here["actions"]))
            loss = torch.where(here["mask"], -distribution.log_prob(here["actions"]), 0.0).mean()
        scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
        scaler.unscale_(optimizer)
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        scaler.step(optimizer)
        scaler.update()
        clock.tick(update + 1)
    return clock.seconds


def by_lightning(batch: dict[str, Tensor], setup: Setup) -> list[float]:
    """Returns the seconds of every reading of the same updates in Lightning."""
    clock = Clock(setup)
    with tempfile.TemporaryDirectory() as folder, redirect_stdout(io.StringIO()):
        trainer = Trainer(
            accelerator="gpu" if setup.device == "cuda" else "cpu",
            devices=1,
            precision=setup.precision,  # type: ignore[arg-type]
            max_epochs=-1,
            max_steps=WARMUP + setup.readings * setup.steps,
            gradient_clip_val=1.0,
            log_every_n_steps=10,
            enable_checkpointing=False,
            logger=TensorBoardLogger(folder),
            callbacks=[clock, TQDMProgressBar()],
        )
        module = BehaviorCloning(setup.size, warmup_steps=0, compiled=setup.compiled)
        setup.lay_out(module.net)
        trainer.fit(module, DataLoader(Batches(batch), batch_size=None))
    return clock.seconds


def matrix_rate(device: str, precision: str, side: int) -> float:
    """Returns the operations a second of a product of square matrices in the precision of training."""
    one, other = (torch.randn(side, side, device=device, dtype=DTYPES[precision]) for _ in range(2))
    one @ other
    synchronize(device)
    start = time.perf_counter()
    for _ in range(10):
        one @ other
    synchronize(device)
    return 20 * side**3 / (time.perf_counter() - start)
