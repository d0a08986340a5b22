"""Windows cut from a set that was decoded once into memory."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from datamodules.record import Record
from datamodules.windows import Window, kept_rows, random_windows, window_count


@dataclass(frozen=True, eq=False)
class Clip:
    """The decoded frames of one trajectory, neutral steps already dropped.

    Args:
        frames: uint8 `(L, H, W, 3)`.
    """

    frames: NDArray[np.uint8]  # (L, H, W, 3)

    def read_rows(self, rows: NDArray[np.int64], out: NDArray[np.uint8]) -> None:
        """Copies frames.

        Args:
            rows: Their numbers, `(n,)`.
            out: Written, uint8 `(n, H, W, 3)`.
        """
        np.take(self.frames, rows, axis=0, out=out)


class CachedWindows:
    """Cuts windows out of decoded trajectories: 12 KB a frame at 64 x 64, 49 KB at 128 x 128.

    Workers that are forked share the memory. A lap shuffles the windows of the whole set, then readers take turns.

    Args:
        records: The trajectories, decoded here.
        context: Frames a window.
        filter_noops: Drop neutral steps before windows are cut.
        seed: Seed of the order and of the windows.
    """

    def __init__(self, records: Iterable[Record], *, context: int, filter_noops: bool, seed: int) -> None:
        self._context = context
        self._seed = seed
        self._windows = 0
        self._clips: list[tuple[Clip, NDArray[np.int8]]] = []
        for record in records:
            rows = kept_rows(record.actions, filter_noops)
            if len(rows):
                frames = np.empty((len(rows), *record.frame_size, 3), dtype=np.uint8)
                record.read_rows(rows, frames)
                self._clips.append((Clip(frames), record.actions[rows]))
                self._windows += window_count(len(rows), context)

    def lap(self, number: int, reader: int, readers: int) -> Iterator[Window]:
        """Yields the windows of one reader's part of one pass over the set.

        Args:
            number: Which lap, from 0.
            reader: Which reader, 0 to `readers - 1`.
            readers: How many share the set.
        """
        rng = np.random.default_rng((self._seed, number))
        windows = [
            window
            for clip, actions in self._clips
            for window in random_windows(clip, np.arange(len(actions)), actions, self._context, rng)
        ]
        return (windows[index] for index in rng.permutation(len(windows))[reader::readers])

    def size(self, number: int, reader: int, readers: int) -> int:
        """Tells how many windows `lap` yields; every lap has as many.

        Args:
            number: Which lap, from 0.
            reader: Which reader, 0 to `readers - 1`.
            readers: How many share the set.
        """
        return len(range(reader, self._windows, readers))
