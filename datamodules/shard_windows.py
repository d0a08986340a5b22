"""Windows streamed from shards through WebDataset, one lap over the set after another."""

import random
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import webdataset as wds
from webdataset.tariterators import group_by_keys, tar_file_expander

from datamodules.record import Record
from datamodules.windows import Window, disjoint_windows, kept_rows, random_windows


class ShardWindows:
    """Cuts windows out of shards. With `shuffle` each lap has another order; without, every lap is the same and exact.

    In a lap every shard goes to exactly one reader; which one changes from lap to lap. What is shuffled is encoded: a
    waiting window keeps its encoded trajectory in memory, 0.85 MB for 100 frames of 128 x 128, so 256 waiting windows
    take 0.2 GB a reader at most, where decoded ones would take 0.4 GB.

    Args:
        paths: The shards.
        keep: Tells by its key whether a trajectory is in this split.
        context: Frames a window.
        filter_noops: Drop neutral steps before windows are cut.
        shuffle: Windows that wait to be drawn from; 0 cuts disjoint windows in the order of the set.
        seed: Seed of the order and of the windows.
    """

    def __init__(
        self,
        paths: list[Path],
        *,
        keep: Callable[[str], bool],
        context: int,
        filter_noops: bool,
        shuffle: int,
        seed: int,
    ) -> None:
        self._paths = paths
        self._keep = keep
        self._context = context
        self._filter_noops = filter_noops
        self._shuffle = shuffle
        self._seed = seed

    def lap(self, number: int, reader: int, readers: int) -> Iterator[Window]:
        """Yields the windows of one reader's part of one pass over the set.

        Args:
            number: Which lap, from 0.
            reader: Which reader, 0 to `readers - 1`.
            readers: How many share the set, at most one a shard.
        """
        order = np.arange(len(self._paths))
        if self._shuffle:
            order = np.random.default_rng((self._seed, number)).permutation(order)
        stages: list[Any] = [
            partial(_open_shards, [self._paths[index] for index in order[reader::readers]]),
            tar_file_expander,
            group_by_keys,
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

    def _wanted(self, sample: dict[str, Any]) -> bool:
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


def _open_shards(paths: Iterable[Path]) -> Iterator[dict[str, Any]]:
    # WebDataset's own opener leaves files open (a ResourceWarning a shard) and would run a path `pipe:COMMAND`.
    for path in paths:
        with path.open("rb") as stream:
            yield {"url": str(path), "stream": stream}


def _parse(sample: dict[str, Any]) -> Record:
    return Record.from_members(sample["__key__"], sample, sample["__url__"])
