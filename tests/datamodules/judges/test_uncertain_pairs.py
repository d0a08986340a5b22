from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from padzoo.datamodules.judges.judge import compare
from padzoo.datamodules.judges.judgement import Judgement
from padzoo.datamodules.judges.pairs import choose_pairs
from padzoo.datamodules.judges.ranks import Ranks
from padzoo.datamodules.judges.uncertain_pairs import ROUNDS, compare_uncertain
from padzoo.datamodules.sets.shard_set import ShardSet


class Greener:
    """Prefers the trajectory of the higher number, and notes what it was asked."""

    def __init__(self) -> None:
        self.rounds: list[list[list[int]]] = []

    def __call__(self, trajectories: ShardSet, groups: NDArray[np.int64]) -> Iterator[Ranks]:
        self.rounds.append(groups.tolist())
        return ([1, 2] if first > second else [2, 1] for first, second in groups.tolist())


def won(judgements: list[Judgement]) -> list[tuple[str, str]]:
    return [(one, other) for each in judgements for one, other, tie in each.pairs if not tie]


def distance(judgements: list[Judgement]) -> float:
    """How far apart the compared trajectories lie on average."""
    return float(np.mean([int(one[-3:]) - int(other[-3:]) for one, other in won(judgements)]))


def test_the_pairs_that_are_hard_to_tell_apart_are_compared(shards: Path) -> None:
    trajectories, judge = ShardSet(shards), Greener()
    found = compare_uncertain(trajectories, 80, "greener", judge)
    assert len(found) == len(won(found)) == 80
    asked = [frozenset(pair) for part in judge.rounds for pair in part]
    assert len(set(asked)) == 80
    assert [len(part) for part in judge.rounds] == [10] * ROUNDS
    assert {np.sign(one - other) for part in judge.rounds for one, other in part} == {-1, 1}  # places tell nothing
    drawn = compare(trajectories, choose_pairs(24, 80, 0, "random"), "greener", judge)
    assert distance(found[10:]) < 0.75 * distance(drawn)
    assert won(compare_uncertain(trajectories, 80, "greener", judge)) == won(found)
    assert won(compare_uncertain(trajectories, 80, "greener", judge, seed=1)) != won(found)


@pytest.mark.parametrize("count", [1, 3, 276])
def test_a_few_pairs_or_all_of_them(shards: Path, count: int) -> None:
    found = compare_uncertain(ShardSet(shards), count, "greener", Greener())
    assert len(set(won(found))) == count


def test_ties_are_not_learnt_from(shards: Path) -> None:
    def even(trajectories: ShardSet, groups: NDArray[np.int64]) -> Iterator[Ranks]:
        return ([1, 1] for _ in groups)

    assert [each.ranks for each in compare_uncertain(ShardSet(shards), 20, "even", even)] == [[1, 1]] * 20


def test_refuses_more_than_there_are(shards: Path) -> None:
    with pytest.raises(ValueError, match="comparisons 277: allowed: 1 to 276, which is every pair of 24 trajectories"):
        compare_uncertain(ShardSet(shards), 277, "greener", Greener())
