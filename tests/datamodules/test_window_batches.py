from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from padzoo.datamodules.augment import Augment
from padzoo.datamodules.cached_windows import Clip
from padzoo.datamodules.demonstrations import Demonstrations, HeldOut
from padzoo.datamodules.sets.manifest import Manifest
from padzoo.datamodules.shard_windows import ShardWindows
from padzoo.datamodules.stream import BatchStream
from padzoo.datamodules.windows import Batch, Window


class Numbers:
    """Laps of five windows whose frames hold their number; the second reader has but one."""

    def lap(self, number: int, reader: int, readers: int) -> Iterator[Window]:
        for index in range(5)[reader::readers][: 1 if reader == 1 else None]:
            clip = Clip(np.full((1, 2, 2, 3), 10 * number + index, dtype=np.uint8))
            yield Window(clip, np.arange(1), np.zeros((1, 16), dtype=np.int8), 0)

    def size(self, number: int, reader: int, readers: int) -> int:
        return len(range(5)[reader::readers][: 1 if reader == 1 else None])


def build(endless: bool, rank: int = 0, world: int = 1) -> BatchStream:
    return BatchStream(
        Numbers(),
        batch_size=3,
        context=1,
        height=2,
        width=2,
        augment=None,
        seeds=False,
        endless=endless,
        rank=rank,
        world=world,
        source="numbers",
    )


def numbers(batch: dict[str, torch.Tensor]) -> list[int]:
    return batch["frames"][:, 0, 0, 0, 0].tolist()


def test_endless_batches_run_on_into_the_next_lap() -> None:
    assert [numbers(batch) for batch in islice(build(endless=True), 4)] == [
        [0, 1, 2],
        [3, 4, 10],
        [11, 12, 13],
        [14, 20, 21],
    ]


def test_an_exact_stream_ends_with_what_is_left() -> None:
    assert [numbers(batch) for batch in build(endless=False)] == [[0, 1, 2], [3, 4]]
    assert [numbers(batch) for batch in build(endless=False, rank=1, world=2)] == [[0, 1, 2], [3, 4]]


def test_ranks_with_uneven_parts_never_run_dry() -> None:
    assert [numbers(batch) for batch in islice(build(True, rank=0, world=2), 2)] == [[0, 2, 4], [10, 12, 14]]
    assert [numbers(batch) for batch in islice(build(True, rank=1, world=2), 2)] == [[1, 11, 21], [31, 41, 51]]


def test_rank_and_world_reach_a_worker_that_was_not_forked(shards: Path) -> None:
    windows = ShardWindows(
        Manifest.load(shards), keep=HeldOut(1.0, True), context=1, filter_noops=False, shuffle=9, seed=0
    )
    whole = {
        "batch_size": 4,
        "context": 1,
        "height": 64,
        "width": 64,
        "augment": Augment(),
        "seeds": False,
        "endless": True,
        "world": 2,
    }
    first, second = (BatchStream(windows, **whole, rank=rank, source="here") for rank in range(2))  # type: ignore[arg-type]
    spawned = DataLoader(second, batch_size=None, num_workers=1, multiprocessing_context="spawn")
    batch = next(iter(spawned))
    assert torch.equal(batch["frames"], next(iter(second))["frames"])
    assert not torch.equal(batch["frames"], next(iter(first))["frames"])


@pytest.mark.parametrize("workers", [0, 1, 2])
@pytest.mark.parametrize("cache", [False, True])
def test_a_stream_goes_on_where_it_was(
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


def test_going_on_opens_no_shard_of_a_lap_that_is_over(shards: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    laps: list[int] = []
    original = ShardWindows.lap

    def lap(self: ShardWindows, number: int, reader: int, readers: int) -> Iterator[Window]:
        laps.append(number)
        return original(self, number, reader, readers)

    monkeypatch.setattr(ShardWindows, "lap", lap)
    monkeypatch.setattr(Demonstrations, "consumed", lambda self: 1000)
    next(iter(Demonstrations(str(shards), batch_size=3, context=16, workers=0).train_dataloader()))
    assert len(laps) == 1
    assert laps[0] > 50
