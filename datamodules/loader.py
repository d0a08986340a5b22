"""Loaders of data sets and streams whose items are whole batches already."""

import signal
from collections.abc import Callable, Iterator
from typing import Any

from torch.utils.data import DataLoader, Dataset, IterableDataset


class EndlessStream(IterableDataset[Any]):
    """Batches without end that can begin anywhere.

    Attributes:
        start: Batches of this rank to leave out.
    """

    start: int = 0


class EndlessLoader(DataLoader[Any]):
    """Loads an endless stream from where the training stands: in a later epoch, and after a resume in a new process.

    Batches that workers had made in advance when the training was killed are made again.

    Args:
        stream: The batches.
        workers: Processes that make them; 0 makes them in this one.
        consumed: Tells how many batches were learnt from.
    """

    def __init__(self, stream: EndlessStream, workers: int, consumed: Callable[[], int]) -> None:
        super().__init__(stream, batch_size=None, collate_fn=as_is, num_workers=workers, worker_init_fn=outlast_signals)
        self._stream = stream
        self._consumed = consumed

    def __iter__(self) -> Any:
        self._stream.start = self._consumed()
        return super().__iter__()


class Nothing(IterableDataset[Any]):
    """No batches. Lightning takes an empty list too, but warns of its length."""

    def __iter__(self) -> Iterator[Any]:
        return iter(())


def loader(dataset: Dataset[Any], workers: int = 0) -> DataLoader[Any]:
    """Wraps a data set whose items are whole batches already.

    Args:
        dataset: Gives batches.
        workers: Processes that make them; 0 makes them in this one.
    """
    return DataLoader(dataset, batch_size=None, collate_fn=as_is, num_workers=workers)


def outlast_signals(worker: int) -> None:
    """Leaves signals that ask a whole group of processes to stop to the training: it finishes its update, and saves.

    A worker ends when the training asks it to, or within five seconds of the training's own end, however it comes.

    Args:
        worker: Its number.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)


def as_is(batch: Any) -> Any:
    """Returns a batch untouched; PyTorch's own conversion would look into trajectories."""
    return batch
