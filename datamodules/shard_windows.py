"""Windows streamed from shards through WebDataset, one lap over the set after another."""

import random
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import webdataset as wds
from webdataset.tariterators import group_by_keys, tar_file_expander

from datamodules.archive import TAR_ERRORS, Archive
from datamodules.manifest import Manifest, Shard
from datamodules.record import Record
from datamodules.windows import Window, disjoint_windows, kept_rows, random_windows, window_count

META: Final = {"__key__", "__url__", "__local_path__"}  # what WebDataset adds to a sample


class ShardWindows:
    """Cuts windows out of shards. With `shuffle` each lap has another order; without, every lap is the same and exact.

    In a lap every shard goes to exactly one reader; which one changes from lap to lap. What is shuffled is encoded: a
    waiting window keeps its encoded trajectory in memory, 0.85 MB for 100 frames of 128 x 128, so 256 waiting windows
    take 0.2 GB a reader at most, where decoded ones would take 0.4 GB.

    Args:
        manifest: The set.
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
        keep: Callable[[str], bool],
        context: int,
        filter_noops: bool,
        shuffle: int,
        seed: int,
    ) -> None:
        self._shards = dict(zip(manifest.paths, manifest.shards, strict=True))
        self._paths = manifest.paths
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
        stages: list[Any] = [
            partial(self._samples, self._part(number, reader, readers)),
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
        """Tells how many windows `lap` yields where it shuffles.

        Args:
            number: Which lap, from 0.
            reader: Which reader, 0 to `readers - 1`.
            readers: How many share the set.
        """
        return sum(self._sizes[path] for path in self._part(number, reader, readers))

    def _part(self, number: int, reader: int, readers: int) -> list[Path]:
        order = np.arange(len(self._paths))
        if self._shuffle:
            order = np.random.default_rng((self._seed, number)).permutation(order)
        return [self._paths[index] for index in order[reader::readers]]

    @cached_property
    def _sizes(self) -> dict[Path, int]:
        """How many windows each shard gives: how many steps are kept decides, so the actions are read, once."""
        archive = Archive(self._paths[0].parent)
        sizes = dict.fromkeys(self._paths, 0)
        for row, key in enumerate(archive.keys):
            if self._keep(key):
                rows = kept_rows(archive.actions(row), self._filter_noops)
                sizes[archive.shard(row)] += window_count(len(rows), self._context)
        return sizes

    def _samples(self, paths: Iterable[Path]) -> Iterator[dict[str, Any]]:
        for path in paths:
            yield from checked_samples(path, self._shards[path])

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


def checked_samples(path: Path, shard: Shard) -> Iterator[dict[str, Any]]:
    """Reads a shard in order, and checks that every member is there, once, as it was written.

    Args:
        path: The tar file.
        shard: What the manifest says of it.

    Yields:
        WebDataset samples: kind to bytes, with `__key__` and `__url__`.

    Raises:
        ValueError: At the first member that is damaged, foreign or missing.
    """
    awaited: dict[str, set[str]] = {}  # kinds by key
    for name in shard.members:
        key, _, kind = name.partition(".")
        awaited.setdefault(key, set()).add(kind)
    for sample in _read(path):
        key, kinds = sample["__key__"], sample.keys() - META
        for kind in kinds:
            shard.check(f"{key}.{kind}", sample[kind], path)
        if kinds != awaited.pop(key, None):
            raise ValueError(f"{path}: trajectory {key!r}: members are missing, or in it twice")
        yield sample
    if awaited:
        raise ValueError(f"{path}: no trajectory {min(awaited)!r}, which index.json lists")


def _read(path: Path) -> Iterator[dict[str, Any]]:
    with path.open("rb") as stream:  # WebDataset's own opener would run a path `pipe:COMMAND`
        try:
            yield from group_by_keys(tar_file_expander([{"url": str(path), "stream": stream}]))
        except TAR_ERRORS as error:
            raise ValueError(f"{path}: damaged tar file ({error.args[0]})") from None


def _parse(sample: dict[str, Any]) -> Record:
    return Record.from_members(sample["__key__"], sample, sample["__url__"])
