"""Batches of comparisons: which trajectories to score, and which of them won."""

from collections.abc import Iterator
from itertools import count as count_from
from itertools import islice
from typing import TypedDict

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from padzoo.datamodules.loader import EndlessStream


class Comparisons(TypedDict):
    """What a reward model trains on: P comparisons among K distinct trajectories."""

    ids: Tensor  # int64 (K,), rows in the split's list of trajectories
    winners: Tensor  # int64 (P,), places in `ids`
    losers: Tensor  # int64 (P,), places in `ids`


class ComparisonBatches(EndlessStream):
    """Batches of comparisons, exact or endless.

    Each distinct trajectory is listed once a batch, so that it is scored once, however often it is compared.

    Args:
        pairs: Winner and loser of every comparison, int64 `(N, 2)`: rows in the list of trajectories.
        batch_size: Comparisons a batch and rank; or 0 with `batch_trajectories`.
        batch_trajectories: Trajectories a batch and rank: the batch holds all comparisons among them.
        seed: Seed of the order; another order every pass.
        endless: Pass after pass, every batch full; otherwise once, in the order of the file, for every rank all of it.
        rank: Rank of this process.
        world: How many ranks there are; they take turns at the batches.
    """

    def __init__(
        self,
        pairs: NDArray[np.int64],
        *,
        batch_size: int,
        batch_trajectories: int,
        seed: int,
        endless: bool,
        rank: int,
        world: int,
    ) -> None:
        self._pairs = pairs
        self._batch_size = batch_size
        self._batch_trajectories = batch_trajectories
        self._seed = seed
        self._endless = endless
        self._rank, self._world = rank, world

    def __iter__(self) -> Iterator[Comparisons]:
        if not self._endless:
            size = self._batch_size
            chunks = (self._pairs[start : start + size] for start in range(0, len(self._pairs), size))
            return map(gather, chunks)
        endless = self._groups() if self._batch_trajectories else self._samples()
        return map(gather, islice(endless, self.start * self._world + self._rank, None, self._world))

    def _samples(self) -> Iterator[NDArray[np.int64]]:
        waiting = self._pairs[:0]
        for number in count_from():
            order = np.random.default_rng((self._seed, number)).permutation(len(self._pairs))
            waiting = np.concatenate([waiting, self._pairs[order]])
            while len(waiting) >= self._batch_size:
                yield waiting[: self._batch_size]
                waiting = waiting[self._batch_size :]

    def _groups(self) -> Iterator[NDArray[np.int64]]:
        rows = np.unique(self._pairs)
        groups = max(1, round(len(rows) / self._batch_trajectories))  # even groups, as near as can be
        group = np.zeros(rows[-1] + 1, dtype=np.int64)
        for number in count_from():
            order = np.random.default_rng((self._seed, number)).permutation(rows)
            group[order] = np.arange(len(order)) % groups
            sides = group[self._pairs]  # (N, 2)
            inside = sides[:, 0] == sides[:, 1]
            for index in range(groups):
                chunk = self._pairs[inside & (sides[:, 0] == index)]
                if len(chunk):
                    yield chunk


def gather(pairs: NDArray[np.int64]) -> Comparisons:
    """Lists each trajectory of some comparisons once.

    Args:
        pairs: Winner and loser of every comparison, `(P, 2)`.
    """
    ids, inverse = np.unique(pairs, return_inverse=True)
    places = torch.from_numpy(inverse.reshape(pairs.shape))
    return Comparisons(ids=torch.from_numpy(ids), winners=places[:, 0], losers=places[:, 1])
