"""What holds of windows, batches and stored frames whatever their sizes."""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from padzoo.core import codec
from padzoo.datamodules import window_batches
from padzoo.datamodules.comparison_batches import GroupedComparisons, SampledComparisons
from padzoo.datamodules.laps import Laps
from padzoo.datamodules.sets.decoded import Clip
from padzoo.datamodules.window_batches import WindowBatches
from padzoo.datamodules.windows import Window, disjoint_windows, random_windows, window_count

settings.register_profile("quick", max_examples=40, deadline=None, derandomize=True, database=None)
settings.load_profile("quick")

LENGTHS = st.lists(st.lists(st.integers(1, 40), min_size=1, max_size=3), min_size=1, max_size=5)  # by shard
CONTEXTS = st.integers(1, 12)
SEEDS = st.integers(0, 2**32 - 1)


def clip(number: int, length: int) -> Clip:
    """A trajectory whose pixels are its number and their steps."""
    frames = np.zeros((length, 1, 1, 3), dtype=np.uint8)
    frames[..., 0], frames[..., 1] = number, np.arange(length)[:, None, None]
    return Clip(f"run-{number}", frames, np.zeros((length, 16), dtype=np.int8))


class Memory:
    """A set of shards, and its decoded form, that lies nowhere."""

    def __init__(self, lengths: list[list[int]]) -> None:
        numbers = iter(range(100))
        self.shards = [[clip(next(numbers), length) for length in shard] for shard in lengths]
        entries = [SimpleNamespace(steps={each.key: len(each.frames) for each in shard}) for shard in self.shards]
        self.manifest = SimpleNamespace(shards=entries, folder="memory", height=1, width=1)
        self.spans = [each.key for shard in self.shards for each in shard]

    def stream(self, shards: Iterable[int], on_damage: str) -> Iterator[Clip]:
        return (each for number in shards for each in self.shards[number])

    def clips(self) -> Iterator[Clip]:
        return self.stream(range(len(self.shards)), "stop")


def laps(memory: Any, context: int, seed: int, decoded: bool, shuffle: int = 4) -> Laps:
    settings = {"context": context, "filter_noops": False, "shuffle": shuffle, "seed": seed}
    return Laps(memory, memory if decoded else None, keep=lambda key: True, **settings)


def told(windows: Iterable[Window]) -> list[tuple[str, list[int], int]]:
    return [(window.source.key, window.rows.tolist(), window.seed) for window in windows]


@given(st.integers(0, 200), CONTEXTS, SEEDS)
def test_random_windows_are_as_many_as_counted_and_lie_inside(length: int, context: int, seed: int) -> None:
    source, rows = clip(0, max(length, 1)), np.arange(length)
    windows = list(random_windows(source, rows, context, np.random.default_rng(seed)))
    assert len(windows) == window_count(length, context)
    for window in windows:
        assert len(window.rows) == min(length, context)
        assert set(window.rows.tolist()) <= set(range(length))
        assert all(after == before + 1 for before, after in pairwise(window.rows.tolist()))


@given(st.integers(0, 200), CONTEXTS)
def test_disjoint_windows_hold_every_step_once(length: int, context: int) -> None:
    windows = list(disjoint_windows(clip(0, max(length, 1)), np.arange(length), context))
    assert [row for window in windows for row in window.rows.tolist()] == list(range(length))
    assert all(len(window.rows) == context for window in windows[:-1])


@given(LENGTHS, CONTEXTS, SEEDS, st.integers(0, 5), st.booleans(), st.data())
def test_readers_share_every_lap_as_its_sizes_say(
    lengths: list[list[int]], context: int, seed: int, number: int, decoded: bool, data: st.DataObject
) -> None:
    memory = Memory(lengths)
    readers = data.draw(st.integers(1, len(lengths)))
    parts = [told(laps(memory, context, seed, decoded).lap(number, reader, readers)) for reader in range(readers)]
    counted = laps(memory, context, seed, decoded)
    assert [len(part) for part in parts] == [counted.size(number, reader, readers) for reader in range(readers)]
    assert sum(map(len, parts)) == sum(window_count(length, context) for shard in lengths for length in shard)
    keys = [{key for key, *_ in part} for part in parts]
    assert set.union(*keys) == set(memory.spans)
    if not decoded:
        assert sum(map(len, keys)) == len(memory.spans)  # no trajectory has two readers


@given(LENGTHS, CONTEXTS, SEEDS, st.booleans(), st.integers(1, 4), st.integers(0, 30), st.data())
def test_training_resumes_at_any_batch_with_the_same_rest(
    lengths: list[list[int]], context: int, seed: int, decoded: bool, batch_size: int, start: int, data: st.DataObject
) -> None:
    memory = Memory(lengths)
    world = data.draw(st.integers(1, len(lengths)))
    workers = data.draw(st.integers(1, len(lengths) // world))

    def process() -> WindowBatches:
        source = laps(memory, context, seed, decoded)
        return WindowBatches(source, batch_size=batch_size, augment=None, seeds=True, world=world)

    rank = data.draw(st.integers(0, world - 1))
    numbers = range(rank, rank + world * (start + 2 * workers), world)  # as the sampler counts
    with patch.object(window_batches, "get_worker_info", lambda: SimpleNamespace(num_workers=workers)):
        before = [process() for _ in range(workers)]
        whole = [before[turn % workers][number] for turn, number in enumerate(numbers)]
        after = [process() for _ in range(workers)]  # the loader asks its worker 0 first, whatever the batch
        rest = [after[turn % workers][number] for turn, number in enumerate(numbers[start:])]
    for one, other in zip(whole[start:], rest, strict=True):
        assert one["seeds"] == other["seeds"]
        assert torch.equal(one["frames"], other["frames"])
        assert torch.equal(one["mask"], other["mask"])
        assert len(one["seeds"]) == batch_size


@given(LENGTHS, CONTEXTS, SEEDS, st.booleans(), st.data())
def test_no_window_comes_twice_whatever_the_ranks_and_workers(
    lengths: list[list[int]], context: int, seed: int, decoded: bool, data: st.DataObject
) -> None:
    memory = Memory(lengths)
    world = data.draw(st.integers(1, len(lengths)))
    workers = data.draw(st.integers(1, len(lengths) // world))
    source = laps(memory, context, seed, decoded)
    batches = WindowBatches(source, batch_size=2, augment=None, seeds=True, world=world)
    with patch.object(window_batches, "get_worker_info", lambda: SimpleNamespace(num_workers=workers)):
        drawn = [each for number in range(3 * world * workers) for each in batches[number]["seeds"]]
    assert len(set(drawn)) == len(drawn) == 6 * world * workers  # every window has a seed of its own


@given(st.integers(2, 30), st.integers(1, 40), st.integers(2, 12), SEEDS, st.integers(0, 60))
def test_any_batch_of_comparisons_is_the_one_that_comes_in_turn(
    trajectories: int, batch_size: int, group: int, seed: int, number: int
) -> None:
    pairs = np.array([[row, (row * 7 + 1) % trajectories] for row in range(trajectories)])
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    for build in (lambda: SampledComparisons(pairs, batch_size, seed), lambda: GroupedComparisons(pairs, group, seed)):
        in_turn, at_once = build(), build()
        expected = [in_turn[index] for index in range(number + 1)][-1]
        found = at_once[number]
        assert all(torch.equal(found[name], value) for name, value in expected.items())  # type: ignore[literal-required]
        assert len(found["winners"])


@given(st.integers(1, 5), st.integers(1, 40), st.integers(1, 40), SEEDS)
def test_frames_of_any_size_are_stored_and_read(length: int, height: int, width: int, seed: int) -> None:
    frames = np.random.default_rng(seed).integers(0, 256, (length, height, width, 3), dtype=np.uint8)
    data, offsets = codec.encode_frames(frames)
    assert codec.frame_size(data) == (height, width)
    found = codec.decode_frames(data, offsets, 0, length)
    assert found.shape == frames.shape
    np.testing.assert_array_equal(found, codec.roundtrip(frames))
