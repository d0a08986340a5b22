from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from padzoo.datamodules.judges.judge import compare
from padzoo.datamodules.judges.pairs import choose_pairs
from padzoo.datamodules.judges.preference import Preference, Verdict
from padzoo.datamodules.judges.uncertain_pairs import ROUNDS, compare_uncertain
from padzoo.datamodules.sets.shard_set import ShardSet


class Greener:
    """Prefers the trajectory of the higher number, and notes what it was asked."""

    def __init__(self) -> None:
        self.rounds: list[list[list[int]]] = []

    def __call__(self, trajectories: ShardSet, pairs: NDArray[np.int64]) -> Iterator[Verdict]:
        self.rounds.append(pairs.tolist())
        return ("first" if first > second else "second" for first, second in pairs.tolist())


def distance(preferences: list[Preference]) -> float:
    """How far apart the compared trajectories lie on average."""
    return float(np.mean([int(each.winner[-3:]) - int(each.loser[-3:]) for each in preferences]))


def test_the_pairs_that_are_hard_to_tell_apart_are_compared(shards: Path) -> None:
    trajectories, judge = ShardSet(shards), Greener()
    found, verdicts = compare_uncertain(trajectories, 80, "greener", judge)
    assert len(found) == verdicts.total() == 80
    asked = [frozenset(pair) for part in judge.rounds for pair in part]
    assert len(set(asked)) == 80
    assert [len(part) for part in judge.rounds] == [10] * ROUNDS
    assert {np.sign(one - other) for part in judge.rounds for one, other in part} == {-1, 1}  # places tell nothing
    drawn, _ = compare(trajectories, choose_pairs(24, 80, 0, "random"), "greener", judge)
    assert distance(found[10:]) < 0.75 * distance(drawn)
    assert compare_uncertain(trajectories, 80, "greener", judge)[0] == found
    assert compare_uncertain(trajectories, 80, "greener", judge, seed=1)[0] != found


@pytest.mark.parametrize("count", [1, 3, 276])
def test_a_few_pairs_or_all_of_them(shards: Path, count: int) -> None:
    found, _ = compare_uncertain(ShardSet(shards), count, "greener", Greener())
    assert len({(each.winner, each.loser) for each in found}) == count


def test_ties_are_not_learnt_from(shards: Path) -> None:
    def even(trajectories: ShardSet, pairs: NDArray[np.int64]) -> Iterator[Verdict]:
        return ("tie" for _ in pairs)

    assert compare_uncertain(ShardSet(shards), 20, "even", even) == ([], {"tie": 20})


def test_refuses_more_than_there_are(shards: Path) -> None:
    with pytest.raises(ValueError, match="comparisons 277: allowed: 1 to 276, which is every pair of 24 trajectories"):
        compare_uncertain(ShardSet(shards), 277, "greener", Greener())
