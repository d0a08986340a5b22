"""Loaders of data sets whose items are whole batches already."""

import atexit
import multiprocessing
import signal
from collections.abc import Callable, Iterator
from itertools import count as count_from
from multiprocessing.util import get_temp_dir
from typing import Any, Final

from torch.utils.data import DataLoader, Dataset, IterableDataset, Sampler, _utils

PREFETCHED: Final = 2  # batches that each worker makes in advance
_utils.MP_STATUS_CHECK_INTERVAL = 2.0  # seconds that a worker has to end in; PyTorch's 5 for each add up


class CountingSampler(Sampler[int]):
    """The numbers of the batches to come, without end: from where the training stands, ranks taking turns.

    It counts what was learnt from, not what was loaded: batches that workers had made in advance when a training was
    killed are made again.

    Args:
        consumed: Returns how many batches this rank has learnt from.
        rank: Rank of this process.
        world: How many ranks there are.
    """

    def __init__(self, consumed: Callable[[], int], rank: int, world: int) -> None:
        self._consumed = consumed
        self._rank, self._world = rank, world

    def __iter__(self) -> Iterator[int]:
        return count_from(self._consumed() * self._world + self._rank, self._world)


class Nothing(IterableDataset[Any]):
    """No batches. Lightning takes an empty list too, but warns of its length."""

    def __iter__(self) -> Iterator[Any]:
        return iter(())


def loader(dataset: Dataset[Any], workers: int = 0, sampler: CountingSampler | None = None) -> DataLoader[Any]:
    """Wraps a data set whose items are whole batches already.

    Args:
        dataset: Gives batches; with a sampler, `dataset[n]` is batch n, whatever was asked for before.
        workers: Processes that make them; 0 makes them in this one.
        sampler: Which batches; None goes over the data set once.
    """
    if workers:
        get_temp_dir()  # theirs too, from now on: this process removes it, however they end
    return DataLoader(
        dataset,
        batch_size=None,
        sampler=sampler,
        collate_fn=as_is,
        num_workers=workers,
        prefetch_factor=PREFETCHED if workers else None,
        worker_init_fn=outlast_signals if sampler else None,
    )


def outlast_signals(worker: int) -> None:
    """Leaves signals that ask a whole group of processes to stop to the training: it finishes its update, and saves.

    A worker ends when the training asks it to, or within five seconds of the training's own end, however it comes.

    Args:
        worker: Its number.
    """
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


@atexit.register  # after multiprocessing's own, and so run before it
def end_workers() -> None:
    """Ends the workers that an error has left: the interpreter would ask by SIGTERM, which they ignore, and wait."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # PyTorch's handler would raise an error of a killed one
    for process in multiprocessing.active_children():
        if process.daemon:
            process.kill()


def as_is(batch: Any) -> Any:
    """Returns a batch untouched; PyTorch's own conversion would look into trajectories."""
    return batch
