import time
from types import SimpleNamespace
from typing import Any, cast

import pytest
import torch
from lightning.pytorch import LightningModule, Trainer

from padzoo.callbacks.throughput import Throughput
from padzoo.zoo.learn.behavior_cloning import BehaviorCloning
from padzoo.zoo.nets.cost import training_flops

BATCH = {"mask": torch.arange(8).reshape(2, 4) < 6}  # six steps that count


class Log(LightningModule):
    def __init__(self) -> None:
        super().__init__()
        self.values: list[float] = []  # frames a second
        self.last: dict[str, float] = {}

    def log(self, name: str, value: Any, *_: Any, **__: Any) -> None:
        self.last[name] = value
        if name == "train/frames_per_second":
            self.values.append(value)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that tests set."""
    now = [100.0]
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    return now


def train(throughput: Throughput, log: Log, clock: list[float], updates: range, seconds: float, world: int = 1) -> None:
    for update in updates:
        trainer = cast(Trainer, SimpleNamespace(global_step=update, world_size=world))
        throughput.on_train_batch_start(trainer, log, BATCH, update)
        clock[0] += seconds
        throughput.on_train_batch_end(trainer, log, None, BATCH, update)


def test_frames_that_count_are_divided_by_the_time(clock: list[float]) -> None:
    log, throughput = Log(), Throughput(every=2)
    train(throughput, log, clock, range(1, 3), 0.5)
    assert log.values == [12.0]
    clock[0] += 2.0  # waiting for data counts
    train(throughput, log, clock, range(3, 5), 0.5)
    assert log.values == [12.0, 4.0]


def test_validation_does_not_count(clock: list[float]) -> None:
    log, throughput = Log(), Throughput(every=2)
    train(throughput, log, clock, range(1, 3), 0.5)
    clock[0] += 60.0
    throughput.on_validation_end(cast(Trainer, None), log)
    train(throughput, log, clock, range(3, 5), 0.5)
    assert log.values == [12.0, 12.0]


def test_every_process_counts(clock: list[float]) -> None:
    log = Log()
    train(Throughput(every=1), log, clock, range(1, 2), 0.5, world=3)
    assert log.values == [36.0]


def test_operations_are_counted_and_compared_with_the_peak(clock: list[float]) -> None:
    module = BehaviorCloning("tiny")
    log, throughput = Log(), Throughput(every=1, peak=1e9)
    throughput.setup(cast(Trainer, None), module, "fit")
    train(throughput, log, clock, range(1, 2), 0.5)
    assert log.last["train/flops_per_second"] == 12 * training_flops(module.net)
    assert log.last["train/peak_fraction"] == log.last["train/flops_per_second"] / 1e9


def test_only_what_trains_on_frames_is_measured() -> None:
    with pytest.raises(ValueError, match="every 0; allowed: 1 or more"):
        Throughput(every=0)
    with pytest.raises(ValueError, match="Log trains on no frames; allowed: BehaviorCloning"):
        Throughput().setup(cast(Trainer, None), Log(), "fit")
