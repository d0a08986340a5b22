"""Batches of windows: endless for training, exact for validation."""

from collections.abc import Iterator
from itertools import count as count_from
from itertools import islice

from torch.utils.data import Dataset, IterableDataset, get_worker_info

from padzoo.datamodules.augment import Augment
from padzoo.datamodules.laps import Laps
from padzoo.datamodules.windows import Batch, Window, collate


class WindowBatches(Dataset[Batch]):
    """Batches of windows without end: each worker of each rank is a reader with its own part of every lap.

    Batches run on from one lap into the next, so that none is smaller and uneven parts never make a rank wait. Batch n
    is the next one of reader n modulo ranks, then workers, and depends on nothing but n, the numbers of ranks and
    workers and the laps: asked for out of turn, laps that are over are skipped unopened, and of the current one the
    windows are drawn again, but no frame is decoded.

    Args:
        laps: Where windows come from.
        batch_size: Windows a batch.
        augment: Image augmentation, or None.
        seeds: Whether batches carry their windows' seeds, for an augmentation that is still to come.
        world: How many ranks there are: passed in, since a worker that is not forked could not find out.
    """

    def __init__(self, laps: Laps, *, batch_size: int, augment: Augment | None, seeds: bool, world: int) -> None:
        self._laps = laps
        self._batch_size = batch_size
        self._augment = augment
        self._seeds = seeds
        self._world = world
        self._next = -1  # the batch that the open windows come to
        self._windows: Iterator[Window] = iter(())

    def __getitem__(self, number: int) -> Batch:
        info = get_worker_info()
        workers = info.num_workers if info else 1
        if number != self._next:
            of_rank, rank = divmod(number, self._world)
            over, worker = divmod(of_rank, workers)  # batches that this reader gave before
            self._windows = self._after(over * self._batch_size, rank * workers + worker, self._world * workers)
        self._next = number + self._world * workers
        windows = list(islice(self._windows, self._batch_size))
        batch = collate(windows, self._laps.shape)
        seeds = [window.seed for window in windows]
        if self._augment is not None:
            self._augment(batch["frames"], seeds)
        if self._seeds:
            batch["seeds"] = seeds
        return batch

    def _after(self, over: int, reader: int, readers: int) -> Iterator[Window]:
        """Yields one reader's windows, lap after lap, but for the first `over`."""
        for number in count_from():
            size = self._laps.size(number, reader, readers) if over else 0
            if over and over >= size > 0:
                over -= size
                continue
            yield from islice(self._laps.lap(number, reader, readers), over, None)
            over = 0


class ExactWindowBatches(IterableDataset[Batch]):
    """Lap 0 once, in order, the last batch with what is left; every rank gets all of it.

    Args:
        laps: Where windows come from.
        batch_size: Windows a batch.
    """

    def __init__(self, laps: Laps, batch_size: int) -> None:
        self._laps = laps
        self._batch_size = batch_size

    def __iter__(self) -> Iterator[Batch]:
        windows = self._laps.lap(0, 0, 1)
        while chunk := list(islice(windows, self._batch_size)):
            yield collate(chunk, self._laps.shape)
