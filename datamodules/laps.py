"""Laps over a set: its windows, again and again, shared by readers."""

import random
from collections.abc import Callable, Iterable, Iterator
from itertools import chain

import numpy as np
import webdataset as wds

from padzoo.datamodules.sets.decoded import DecodedSet
from padzoo.datamodules.sets.shard_set import OnDamage, ShardSet
from padzoo.datamodules.windows import Source, Window, disjoint_windows, kept_rows, random_windows, window_count


class Laps:
    """Cuts windows out of a set, lap after lap. With `shuffle` each lap has another order; without, all are lap 0.

    In a lap over shards every shard goes to exactly one reader; which one changes from lap to lap. What waits to
    be shuffled is encoded: a window keeps its trajectory's bytes, 0.85 MB for 100 frames of 128 x 128, so 256 windows
    of runs take 0.2 GB a reader at most. A lap over a decoded set shuffles all of its windows, and readers take turns.

    Args:
        shards: The set.
        decoded: Its decoded form, to be read in its place; None reads the shards.
        keep: Says by its key whether a trajectory is in this split.
        context: Frames a window, T.
        filter_noops: Drop neutral steps before windows are cut.
        shuffle: Windows that wait to be drawn from; 0 cuts disjoint windows in the order of the set.
        seed: Seed of the order and of the windows.
        on_damage: `stop` at a damaged trajectory, or `skip` it.
    """

    def __init__(
        self,
        shards: ShardSet,
        decoded: DecodedSet | None = None,
        *,
        keep: Callable[[str], bool],
        context: int,
        filter_noops: bool,
        shuffle: int,
        seed: int,
        on_damage: OnDamage = "stop",
    ) -> None:
        self._shards = shards
        self._decoded = decoded
        self._keep = keep
        self._context = context
        self._filter_noops = filter_noops
        self._shuffle = shuffle
        self._seed = seed
        self._on_damage = on_damage
        self._steps: dict[str, int] = {}  # to learn from, by trajectory
        for entry in shards.manifest.shards:
            self._steps |= entry.active if filter_noops else entry.steps
        self._sizes: dict[int | None, int] = {}  # by shard; None for a decoded set

    @property
    def shape(self) -> tuple[int, int, int]:
        """Frames of a window, their height and width: T, H and W."""
        return self._context, self._shards.manifest.height, self._shards.manifest.width

    def lap(self, number: int, reader: int, readers: int) -> Iterator[Window]:
        """Yields the windows of one reader's part of one pass over the set.

        Args:
            number: Which lap, from 0.
            reader: Which reader, 0 to `readers - 1`.
            readers: How many share the set: of shards, at most one a shard.

        Raises:
            ValueError: If there is none: who waits for more would wait for ever.
        """
        windows = (self._streamed if self._decoded is None else self._mapped)(number, reader, readers)
        first = next(windows, None)
        if first is None:
            raise ValueError(
                f"{self._shards.manifest.folder}: reader {reader} of {readers} finds no step to learn from; allowed: "
                "fewer workers, another val_fraction, --data.filter_noops false, or actions that are not neutral"
            )
        return chain([first], windows)

    def size(self, number: int, reader: int, readers: int) -> int:
        """Returns how many windows `lap` yields where it shuffles; opens shards only to find damage that is skipped.

        Args:
            number: Which lap, from 0.
            reader: Which reader, 0 to `readers - 1`.
            readers: How many share the set.
        """
        if self._decoded is not None:
            return len(range(reader, self._size(None), readers))
        return sum(map(self._size, self._part(number, reader, readers)))

    def _mapped(self, number: int, reader: int, readers: int) -> Iterator[Window]:
        assert self._decoded is not None
        rng = np.random.default_rng((self._seed, number))
        windows = list(self._cut(self._decoded.clips(), rng))
        return (windows[index] for index in rng.permutation(len(windows))[reader::readers])

    def _streamed(self, number: int, reader: int, readers: int) -> Iterator[Window]:
        records = self._shards.stream(self._part(number, reader, readers), self._on_damage)
        rng = np.random.default_rng((self._seed, number, reader))
        shuffle = wds.shuffle(self._shuffle, initial=self._shuffle, rng=random.Random(rng.bytes(8)))
        windows = self._cut(records, rng)
        return iter(shuffle(windows)) if self._shuffle else windows

    def _cut(self, sources: Iterable[Source], rng: np.random.Generator) -> Iterator[Window]:
        for source in sources:
            if self._keep(source.key):
                rows = kept_rows(source.actions, self._filter_noops)
                if self._shuffle:
                    yield from random_windows(source, rows, self._context, rng)
                else:
                    yield from disjoint_windows(source, rows, self._context)

    def _part(self, number: int, reader: int, readers: int) -> list[int]:
        """Returns the shards that a reader has in a lap."""
        order = np.arange(len(self._shards.manifest.shards))
        if self._shuffle:
            order = np.random.default_rng((self._seed, number)).permutation(order)
        return [int(shard) for shard in order[reader::readers]]

    def _size(self, shard: int | None) -> int:
        """Returns how many windows a shard gives, or a decoded set."""
        if shard not in self._sizes:
            kept = (self._steps[key] for key in self._keys(shard) if self._keep(key))
            self._sizes[shard] = sum(window_count(steps, self._context) for steps in kept)
        return self._sizes[shard]

    def _keys(self, shard: int | None) -> Iterable[str]:
        if shard is None:
            return self._decoded.spans if self._decoded is not None else ()
        return (
            self._shards.files[shard].whole()
            if self._on_damage == "skip"
            else self._shards.manifest.shards[shard].steps
        )
