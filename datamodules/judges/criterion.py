"""Judging by a criterion: a rank of each trajectory, by what is known about it."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from padzoo.core.trajectory import TrajectorySummary
from padzoo.datamodules.judges.ranks import Ranks, rank
from padzoo.datamodules.sets.shard_set import ShardSet

PADS: Final = ("left", "middle", "right")
Score = Callable[[TrajectorySummary], Any]  # anything that can be sorted, higher is better; None cannot be judged


class Criterion:
    """Judges by scores: the higher one is better, equal ones tie, and who has none is not judged. No frame is read.

    The first value of a score that is a tuple is the trajectory's category, such as the pad that it reached: the other
    values only order trajectories of one category.

    Args:
        score: Scores a trajectory by its summary.
        name: Its name, for messages.
    """

    def __init__(self, score: Score, name: str) -> None:
        self._score = score
        self._name = name

    def __call__(self, trajectories: ShardSet, groups: NDArray[np.int64]) -> Iterator[Ranks | None]:
        """Judges groups; see `padzoo.datamodules.judges.judge.Judge`."""
        scores = self._scores(trajectories, groups)
        return (self._ranks([scores[row] for row in rows]) for rows in groups.tolist())

    def same_category(self, trajectories: ShardSet, pairs: NDArray[np.int64]) -> Iterator[bool | None]:
        """Says of each pair whether both trajectories are of one category.

        Args:
            trajectories: The set.
            pairs: Rows of the set, int64 `(P, 2)`.

        Returns:
            P answers; None where a score is no tuple.
        """
        scores = self._scores(trajectories, pairs)
        return (_same_first(scores[first], scores[second]) for first, second in pairs.tolist())

    def _scores(self, trajectories: ShardSet, groups: NDArray[np.int64]) -> dict[int, Any]:
        """Returns the score of each compared trajectory, by row."""
        known = list(trajectories.summaries())
        scores = {row: self._score(known[row]) for row in np.unique(groups).tolist()}
        for row, score in scores.items():
            if _has_nan(score):
                raise ValueError(f"criterion {self._name!r}: ranks {known[row].key!r} as {score}; allowed: no NaN")
        return scores

    def _ranks(self, scores: Sequence[Any]) -> Ranks | None:
        try:
            return None if any(score is None for score in scores) else rank(scores)
        except TypeError as error:
            allowed = "allowed: ranks that can be compared, or None"
            raise ValueError(f"criterion {self._name!r}: {error}; {allowed}") from error


def _has_nan(score: Any) -> bool:
    return any(map(_has_nan, score)) if isinstance(score, tuple | list) else bool(score != score)


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
