"""Windows cut from a set that was decoded once."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from padzoo.datamodules.sets.decoded_set import DecodedSet

from padzoo.datamodules.windows import Window, kept_rows, random_windows, window_count


@dataclass(frozen=True, eq=False)
class Clip:
    """The decoded frames of one trajectory.

    Args:
        frames: uint8 `(T, H, W, 3)`.
    """

    frames: NDArray[np.uint8]  # (T, H, W, 3)

    def read_rows(self, rows: NDArray[np.int64], out: NDArray[np.uint8]) -> None:
        """Copies frames.

        Args:
            rows: Their numbers, `(n,)`.
            out: Written, uint8 `(n, H, W, 3)`.
        """
        np.take(self.frames, rows, axis=0, out=out, mode="clip")  # clip: `out` is written without a buffer between


class CachedWindows:
    """Cuts windows out of decoded trajectories. A lap shuffles the windows of the whole set, then readers take turns.

    Args:
        decoded: The set.
        keep: Tells by its key whether a trajectory is in this split.
        context: Frames a window.
        filter_noops: Drop neutral steps before windows are cut.
        seed: Seed of the order and of the windows.
    """

    def __init__(
        self, decoded: DecodedSet, *, keep: Callable[[str], bool], context: int, filter_noops: bool, seed: int
    ) -> None:
        self._decoded = decoded
        self._context = context
        self._seed = seed
        self._kept: list[tuple[int, int, NDArray[np.int64]]] = []  # where a trajectory lies, and its steps that count
        for key, (start, stop) in decoded.spans.items():
            if keep(key):
                self._kept.append((start, stop, kept_rows(decoded.actions[start:stop], filter_noops)))
        self._windows = sum(window_count(len(rows), context) for _, _, rows in self._kept)

    def lap(self, number: int, reader: int, readers: int) -> Iterator[Window]:
        """Yields the windows of one reader's part of one pass over the set.

        Args:
            number: Which lap, from 0.
            reader: Which reader, 0 to `readers - 1`.
            readers: How many share the set.
        """
        rng = np.random.default_rng((self._seed, number))
        windows: list[Window] = []
        for start, stop, rows in self._kept:
            clip, actions = Clip(self._decoded.frames[start:stop]), self._decoded.actions[start:stop][rows]
            windows += random_windows(clip, rows, actions, self._context, rng)
        return (windows[index] for index in rng.permutation(len(windows))[reader::readers])

    def size(self, number: int, reader: int, readers: int) -> int:
        """Tells how many windows `lap` yields; every lap has as many.

        Args:
            number: Which lap, from 0.
            reader: Which reader, 0 to `readers - 1`.
            readers: How many share the set.
        """
        return len(range(reader, self._windows, readers))
