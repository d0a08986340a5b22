"""The stream of batches that a DataLoader draws from: exact or endless, shared among ranks and workers."""

from collections.abc import Iterator
from itertools import chain, islice
from itertools import count as count_from
from typing import Protocol

from torch.utils.data import get_worker_info

from padzoo.datamodules.augment import Augment
from padzoo.datamodules.loader import EndlessStream
from padzoo.datamodules.windows import Batch, Window, collate


class Laps(Protocol):
    """A set of windows that can be gone over again and again."""

    def lap(self, number: int, reader: int, readers: int) -> Iterator[Window]:
        """Yields one reader's windows of lap `number`."""

    def size(self, number: int, reader: int, readers: int) -> int:
        """Tells how many windows that lap has, without reading frames."""


class BatchStream(EndlessStream):
    """Batches of windows; each worker of each rank is a reader with its own part of every lap.

    Endless, batches run on from one lap into the next, so that none is smaller and uneven parts never make a rank wait.
    Which windows make up the n-th batch depends on nothing but n and the arguments, so it can begin at any batch: laps
    that are over are skipped unopened, and of the current one the windows are drawn again, but no frame is decoded.
    Rank and world size are passed in: a worker process that is not forked could not find them out.

    Args:
        laps: Where windows come from.
        batch_size: Windows a batch.
        context: Frames a window.
        height: Height of the frames in pixels.
        width: Width of the frames in pixels.
        augment: Image augmentation, or None.
        seeds: Whether batches carry their windows' seeds, for an augmentation that is still to come.
        endless: Lap after lap; otherwise lap 0 once, the last batch with what is left, and every rank gets all of it.
        rank: Rank of this process.
        world: How many ranks there are.
        source: The folder, for messages.
    """

    def __init__(
        self,
        laps: Laps,
        *,
        batch_size: int,
        context: int,
        height: int,
        width: int,
        augment: Augment | None,
        seeds: bool,
        endless: bool,
        rank: int,
        world: int,
        source: str,
    ) -> None:
        self._laps = laps
        self._batch_size = batch_size
        self._context = context
        self._height, self._width = height, width
        self._augment = augment
        self._seeds = seeds
        self._endless = endless
        self._rank, self._world = rank, world
        self._source = source

    def __iter__(self) -> Iterator[Batch]:
        info = get_worker_info()
        worker, workers = (info.id, info.num_workers) if info else (0, 1)
        if self._endless:
            worker = (worker + self.start) % workers  # the loader asks its worker 0 first, but it is another one's turn
            over = (self.start - worker + workers - 1) // workers  # batches that this one gave before
            windows = self._laps_from(over * self._batch_size, self._rank * workers + worker, self._world * workers)
        else:
            windows = self._lap(0, worker, workers)
        while chunk := list(islice(windows, self._batch_size)):
            yield self._batch(chunk)

    def _laps_from(self, over: int, reader: int, readers: int) -> Iterator[Window]:
        """Yields one reader's windows, lap after lap, but for the first `over`."""
        for number in count_from():
            size = self._laps.size(number, reader, readers) if over else 0
            if over and over >= size > 0:
                over -= size
                continue
            yield from islice(self._lap(number, reader, readers), over, None)
            over = 0

    def _lap(self, number: int, reader: int, readers: int) -> Iterator[Window]:
        windows = self._laps.lap(number, reader, readers)
        first = next(windows, None)
        if first is None:  # an endless stream would spin here for ever
            raise ValueError(
                f"{self._source}: reader {reader} of {readers} finds no step to learn from; allowed: fewer workers, "
                "another val_fraction, or a set with actions that are not neutral"
            )
        return chain([first], windows)

    def _batch(self, windows: list[Window]) -> Batch:
        batch = collate(windows, self._context, self._height, self._width)
        seeds = [window.seed for window in windows]
        if self._augment is not None:
            self._augment(batch["frames"], seeds)
        if self._seeds:
            batch["seeds"] = seeds
        return batch
