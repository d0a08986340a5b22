"""Batches of comparisons: which trajectories to score, and which of them won."""

from bisect import bisect_right
from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset


class Comparisons(TypedDict):
    """What a reward model trains on: P comparisons among K distinct trajectories."""

    ids: Tensor  # int64 (K,), rows in the split's list of trajectories
    winners: Tensor  # int64 (P,), places in `ids`
    losers: Tensor  # int64 (P,), places in `ids`
    weights: NotRequired[Tensor]  # float32 (P,), how much each counts; 1 where there are none
    stages: NotRequired[Tensor]  # int64 (P,), alike where one winner beat several in one ranking
    same_category: NotRequired[Tensor]  # bool (P,), whether both are of one category; held-out comparisons alone


class SampledComparisons(Dataset[Comparisons]):
    """Batches of so many comparisons without end: pass after pass over all of them, each in another order.

    Args:
        pairs: Winner and loser of every comparison, int64 `(N, 2)`: rows in the list of trajectories.
        batch_size: Comparisons a batch, 1 or more.
        seed: Seed of the order.
        about: What else a batch says of each comparison, `(N,)`, by name: `weights`, `stages`.
    """

    def __init__(
        self, pairs: NDArray[np.int64], batch_size: int, seed: int, about: Mapping[str, NDArray[Any]] | None = None
    ) -> None:
        self._pairs = pairs
        self._about = about or {}
        self._batch_size = batch_size
        self._seed = seed

    def __getitem__(self, number: int) -> Comparisons:
        count = len(self._pairs)
        first = number * self._batch_size
        last = first + self._batch_size - 1
        orders = [
            np.random.default_rng((self._seed, lap)).permutation(count)
            for lap in range(first // count, last // count + 1)
        ]
        start = first % count
        return gather(self._pairs, np.concatenate(orders)[start : start + self._batch_size], self._about)


class GroupedComparisons(Dataset[Comparisons]):
    """Batches of all comparisons within a group of trajectories, without end: every pass draws other groups.

    Args:
        pairs: Winner and loser of every comparison, int64 `(N, 2)`: rows in the list of trajectories.
        batch_trajectories: Trajectories a group; the groups are as even as can be.
        seed: Seed of the groups.
        about: What else a batch says of each comparison, `(N,)`, by name: `weights`, `stages`.
    """

    def __init__(
        self,
        pairs: NDArray[np.int64],
        batch_trajectories: int,
        seed: int,
        about: Mapping[str, NDArray[Any]] | None = None,
    ) -> None:
        self._pairs = pairs
        self._about = about or {}
        self._rows = np.unique(pairs)
        self._groups = max(1, round(len(self._rows) / batch_trajectories))
        self._seed = seed
        self._starts = [0]  # the first batch of every pass that was asked for; a pass leaves empty groups out

    def __getitem__(self, number: int) -> Comparisons:
        while number >= self._starts[-1]:
            self._starts.append(self._starts[-1] + len(self._split(len(self._starts) - 1)))
        lap = bisect_right(self._starts, number) - 1
        return gather(self._pairs, self._split(lap)[number - self._starts[lap]], self._about)

    def _split(self, lap: int) -> list[NDArray[np.int64]]:
        """Returns the numbers of the comparisons within each group of a pass, where there are any."""
        order = np.random.default_rng((self._seed, lap)).permutation(self._rows)
        group = np.zeros(self._rows[-1] + 1, dtype=np.int64)
        group[order] = np.arange(len(order)) % self._groups
        sides = group[self._pairs]  # (N, 2)
        inside = sides[:, 0] == sides[:, 1]
        return [np.flatnonzero(inside & (sides[:, 0] == index)) for index in np.unique(sides[inside, 0])]


def gather(
    pairs: NDArray[np.int64], chosen: NDArray[np.int64] | slice, about: Mapping[str, NDArray[Any]] | None = None
) -> Comparisons:
    """Lists each trajectory of some comparisons once, so that it is scored once, however often it is compared.

    Args:
        pairs: Winner and loser of every comparison, `(N, 2)`.
        chosen: Numbers of those to take, `(P,)`, or where they lie.
        about: What else a batch says of each comparison, `(N,)`, by name.
    """
    ids, inverse = np.unique(pairs[chosen], return_inverse=True)
    places = torch.from_numpy(inverse.reshape(-1, 2))
    found = Comparisons(ids=torch.from_numpy(ids), winners=places[:, 0], losers=places[:, 1])
    more: Any = {name: torch.from_numpy(values[chosen]) for name, values in (about or {}).items()}
    found.update(more)
    return found
