"""Windows streamed from shards through WebDataset, one lap over the set after another."""

import random
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

import numpy as np
import webdataset as wds
from padzoo.datamodules.sets.shard_reader import Sample, ShardReader, inspect
from upath import UPath

from padzoo.core.record import Record
from padzoo.datamodules.sets.manifest import Manifest, Shard
from padzoo.datamodules.windows import Window, disjoint_windows, kept_rows, random_windows, window_count


class ShardWindows:
    """Cuts windows out of shards. With `shuffle` each lap has another order; without, every lap is the same and exact.

    In a lap every shard goes to exactly one reader; which one changes from lap to lap. What is shuffled is encoded: a
    waiting window keeps its encoded trajectory in memory, 0.85 MB for 100 frames of 128 x 128, so 256 waiting windows
    take 0.2 GB a reader at most, where decoded ones would take 0.4 GB.

    Args:
        manifest: The set.
        skip_damaged: Leave damaged trajectories out, with a warning, rather than stop.
        keep: Tells by its key whether a trajectory is in this split.
        context: Frames a window.
        filter_noops: Drop neutral steps before windows are cut.
        shuffle: Windows that wait to be drawn from; 0 cuts disjoint windows in the order of the set.
        seed: Seed of the order and of the windows.
    """

    def __init__(
        self,
        manifest: Manifest,
        *,
        skip_damaged: bool = False,
        keep: Callable[[str], bool],
        context: int,
        filter_noops: bool,
        shuffle: int,
        seed: int,
    ) -> None:
        self._reader = ShardReader(manifest, skip_damaged)
        self._skip_damaged = skip_damaged
        self._shards = dict(zip(manifest.paths, manifest.shards, strict=True))
        self._paths = manifest.paths
        self._keep = keep
        self._context = context
        self._filter_noops = filter_noops
        self._shuffle = shuffle
        self._seed = seed
        self._sizes: dict[UPath, int] = {}

    def lap(self, number: int, reader: int, readers: int) -> Iterator[Window]:
        """Yields the windows of one reader's part of one pass over the set.

        Args:
            number: Which lap, from 0.
            reader: Which reader, 0 to `readers - 1`.
            readers: How many share the set, at most one a shard.
        """
        stages: list[Any] = [
            partial(self._reader.samples, self._part(number, reader, readers)),
            wds.select(self._wanted),
            wds.map(_parse),
        ]
        if self._shuffle:
            rng = np.random.default_rng((self._seed, number, reader))
            stages += [
                self._random(rng),
                wds.shuffle(self._shuffle, initial=self._shuffle, rng=random.Random(rng.bytes(8))),
            ]
        else:
            stages += [self._disjoint]
        return iter(wds.DataPipeline(*stages))

    def size(self, number: int, reader: int, readers: int) -> int:
        """Tells how many windows `lap` yields where it shuffles; opens shards only to find damage that is skipped.

        Args:
            number: Which lap, from 0.
            reader: Which reader, 0 to `readers - 1`.
            readers: How many share the set.
        """
        return sum(map(self._size, self._part(number, reader, readers)))

    def _part(self, number: int, reader: int, readers: int) -> list[UPath]:
        order = np.arange(len(self._paths))
        if self._shuffle:
            order = np.random.default_rng((self._seed, number)).permutation(order)
        return [self._paths[index] for index in order[reader::readers]]

    def _size(self, path: UPath) -> int:
        """Tells how many windows one shard gives."""
        if path not in self._sizes:
            self._sizes[path] = self._count(path, self._shards[path])
        return self._sizes[path]

    def _count(self, path: UPath, shard: Shard) -> int:
        steps = shard.active if self._filter_noops else shard.steps
        keys: Iterable[str] = steps
        if self._skip_damaged:
            keys = (sample["__key__"] for sample in inspect(path, shard) if isinstance(sample, dict))
        return sum(window_count(steps[key], self._context) for key in keys if self._keep(key))

    def _wanted(self, sample: Sample) -> bool:
        return self._keep(sample["__key__"])

    def _random(self, rng: np.random.Generator) -> Callable[[Iterable[Record]], Iterator[Window]]:
        def cut(records: Iterable[Record]) -> Iterator[Window]:
            for record in records:
                rows = kept_rows(record.actions, self._filter_noops)
                yield from random_windows(record, rows, record.actions[rows], self._context, rng)

        return cut

    def _disjoint(self, records: Iterable[Record]) -> Iterator[Window]:
        for record in records:
            rows = kept_rows(record.actions, self._filter_noops)
            yield from disjoint_windows(record, rows, record.actions[rows], self._context)


def _parse(sample: Sample) -> Record:
    return Record.from_members(sample["__key__"], sample, sample["__url__"])
