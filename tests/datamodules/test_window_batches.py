import gc
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from padzoo.datamodules.augment import Augment
from padzoo.datamodules.demonstrations import Demonstrations, HeldOut
from padzoo.datamodules.laps import Laps
from padzoo.datamodules.sets.decoded import Clip
from padzoo.datamodules.sets.shard_set import ShardSet
from padzoo.datamodules.window_batches import ExactWindowBatches, WindowBatches
from padzoo.datamodules.windows import Batch, Window


class Numbers(Laps):
    """Laps of five windows whose frames hold their number; the second reader has but one."""

    shape = (1, 2, 2)

    def __init__(self) -> None:
        pass

    def lap(self, number: int, reader: int, readers: int) -> Iterator[Window]:
        for index in range(5)[reader::readers][: 1 if reader == 1 else None]:
            frames = np.full((1, 2, 2, 3), 10 * number + index, dtype=np.uint8)
            yield Window(Clip("number", frames, np.zeros((1, 16), dtype=np.int8)), np.arange(1))

    def size(self, number: int, reader: int, readers: int) -> int:
        return len(range(5)[reader::readers][: 1 if reader == 1 else None])


def build(world: int = 1) -> WindowBatches:
    return WindowBatches(Numbers(), batch_size=3, augment=None, seeds=False, world=world)


def numbers(batch: Batch) -> list[int]:
    return batch["frames"][:, 0, 0, 0, 0].tolist()


def test_endless_batches_run_on_into_the_next_lap() -> None:
    batches = build()
    assert [numbers(batches[n]) for n in range(4)] == [[0, 1, 2], [3, 4, 10], [11, 12, 13], [14, 20, 21]]


def test_any_batch_can_be_asked_for() -> None:
    in_turn = build()
    expected = [numbers(in_turn[n]) for n in range(9)]
    batches = build()
    assert [numbers(batches[n]) for n in (7, 8, 0, 5, 5, 6)] == [expected[n] for n in (7, 8, 0, 5, 5, 6)]


def test_an_exact_pass_ends_with_what_is_left() -> None:
    assert [numbers(batch) for batch in ExactWindowBatches(Numbers(), 3)] == [[0, 1, 2], [3, 4]]


def test_ranks_with_uneven_parts_never_run_dry() -> None:
    first, second = build(world=2), build(world=2)
    assert [numbers(first[n]) for n in (0, 2)] == [[0, 2, 4], [10, 12, 14]]
    assert [numbers(second[n]) for n in (1, 3)] == [[1, 11, 21], [31, 41, 51]]


def test_a_worker_that_was_not_forked_gives_the_same(shards: Path) -> None:
    laps = Laps(ShardSet(shards), keep=HeldOut(1.0, True), context=1, filter_noops=False, shuffle=9, seed=0)
    batches = WindowBatches(laps, batch_size=4, augment=Augment(), seeds=False, world=2)
    spawned = DataLoader(batches, batch_size=None, sampler=[1], num_workers=1, multiprocessing_context="spawn")
    (batch,) = spawned
    assert torch.equal(batch["frames"], batches[1]["frames"])
    assert not torch.equal(batch["frames"], batches[0]["frames"])
    del batches, laps
    gc.collect()  # an open file would be a ResourceWarning, which fails the test


@pytest.mark.parametrize("workers", [0, 1, 2])
@pytest.mark.parametrize("cache", [False, True])
def test_a_stream_resumes_where_it_was(
    shards: Path, monkeypatch: pytest.MonkeyPatch, cache: bool, workers: int
) -> None:
    def batches(start: int, count: int) -> list[Batch]:
        monkeypatch.setattr(Demonstrations, "consumed", lambda self: start)
        data = Demonstrations(str(shards), batch_size=3, context=16, shuffle=8, cache=cache, workers=workers)
        return list(islice(data.train_dataloader(), count))

    whole = batches(0, 26)  # nearly two laps of 43 windows, in unequal parts
    for start in (1, 6, 15, 21):
        for batch, again in zip(whole[start:], batches(start, 26 - start), strict=True):
            assert all(torch.equal(batch[name], again[name]) for name in ("frames", "actions", "mask"))


def test_resuming_opens_no_shard_of_a_lap_that_is_over(shards: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    laps: list[int] = []
    original = Laps.lap

    def lap(self: Laps, number: int, reader: int, readers: int) -> Iterator[Window]:
        laps.append(number)
        return original(self, number, reader, readers)

    monkeypatch.setattr(Laps, "lap", lap)
    monkeypatch.setattr(Demonstrations, "consumed", lambda self: 1000)
    next(iter(Demonstrations(str(shards), batch_size=3, context=16, workers=0).train_dataloader()))
    assert len(laps) == 1
    assert laps[0] > 50
