"""Judging by a criterion: a rank of each trajectory, by what is known about it."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from padzoo.core.trajectory import TrajectorySummary
from padzoo.datamodules.judges.preference import Verdict
from padzoo.datamodules.sets.shard_set import ShardSet

PADS: Final = ("left", "middle", "right")
Rank = Callable[[TrajectorySummary], Any]  # anything that can be sorted, higher is better; None cannot be judged


class Criterion:
    """Judges by ranks: the higher one is better, equal ones tie, and who has none is not judged. No frame is read.

    The first value of a rank that is a tuple is the trajectory's category, such as the pad that it reached: the other
    values only order trajectories of one category.

    Args:
        rank: Ranks a trajectory by its summary.
        name: Its name, for messages.
    """

    def __init__(self, rank: Rank, name: str) -> None:
        self._rank = rank
        self._name = name

    def __call__(self, trajectories: ShardSet, pairs: NDArray[np.int64]) -> Iterator[Verdict]:
        """Judges pairs; see `padzoo.datamodules.judges.judge.Judge`."""
        ranks = self._ranks(trajectories, pairs)
        return (self._verdict(ranks[first], ranks[second]) for first, second in pairs.tolist())

    def same_category(self, trajectories: ShardSet, pairs: NDArray[np.int64]) -> Iterator[bool | None]:
        """Says of each pair whether both trajectories are of one category.

        Args:
            trajectories: The set.
            pairs: Rows of the set, int64 `(P, 2)`.

        Returns:
            P answers; None where a rank is no tuple.
        """
        ranks = self._ranks(trajectories, pairs)
        return (_same_first(ranks[first], ranks[second]) for first, second in pairs.tolist())

    def _ranks(self, trajectories: ShardSet, pairs: NDArray[np.int64]) -> dict[int, Any]:
        """Returns the rank of each compared trajectory, by row."""
        known = list(trajectories.summaries())
        ranks = {row: self._rank(known[row]) for row in np.unique(pairs).tolist()}
        for row, rank in ranks.items():
            if any(value != value for value in (rank if isinstance(rank, tuple) else [rank])):
                raise ValueError(f"criterion {self._name!r}: ranks {known[row].key!r} as {rank}; allowed: no NaN")
        return ranks

    def _verdict(self, first: Any, second: Any) -> Verdict:
        if first is None or second is None:
            return "abstain"
        if first == second:
            return "tie"
        try:
            return "first" if first > second else "second"
        except TypeError as error:
            allowed = "allowed: ranks that can be compared, or None"
            raise ValueError(f"criterion {self._name!r}: {error}; {allowed}") from error


def _same_first(first: Any, second: Any) -> bool | None:
    return bool(first[0] == second[0]) if isinstance(first, tuple) and isinstance(second, tuple) else None


def pad_rank(summary: TrajectorySummary, pad: str) -> tuple[int, int]:
    """Ranks a trajectory by the pad that it reached (paper, section 3.4).

    Args:
        summary: The trajectory.
        pad: The pad that is wanted.

    Returns:
        2 for that pad, 1 for another, 0 for none; then the negative length, so that the shorter one is better.

    Raises:
        ValueError: If the trajectory has no outcome.
    """
    if "outcome" not in summary.meta:
        raise ValueError(f"trajectory {summary.key!r}: its meta has no 'outcome', which criterion {pad!r} ranks by")
    outcome = summary.meta["outcome"]
    return 2 if outcome == pad else int(outcome in PADS), -summary.length


left, middle, right = (partial(pad_rank, pad=pad) for pad in PADS)
