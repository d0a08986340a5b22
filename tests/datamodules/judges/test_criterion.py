from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from padzoo.core.trajectory import TrajectorySummary
from padzoo.datamodules.judges import criterion
from padzoo.datamodules.judges.criterion import Criterion, pad_rank
from padzoo.datamodules.sets.shard_set import ShardSet

PAIRS = np.array(list(combinations(range(24), 2)))


def summary(outcome: str, length: int) -> TrajectorySummary:
    return TrajectorySummary(f"{outcome}-{length}", length, {"outcome": outcome})


def better(one: TrajectorySummary, other: TrajectorySummary, pad: str) -> bool:
    """The rule said once more, in words: given pad, then another, then none; then the shorter one."""
    first, second = one.meta["outcome"], other.meta["outcome"]
    if first == pad and second != pad:
        return True
    if second == pad and first != pad:
        return False
    if second == "none" and first != "none":
        return True
    if first == "none" and second != "none":
        return False
    return one.length < other.length


@pytest.mark.parametrize("pad", ["left", "middle", "right"])
def test_pads_are_judged_as_in_the_paper(shards: Path, pad: str) -> None:
    known = list(ShardSet(shards).summaries())
    ranked = list(Criterion(getattr(criterion, pad), pad)(ShardSet(shards), PAIRS))
    for (first, second), ranks in zip(PAIRS, ranked, strict=True):
        wins = better(known[first], known[second], pad), better(known[second], known[first], pad)
        assert ranks == {(True, False): [1, 2], (False, True): [2, 1], (False, False): [1, 1]}[wins]
    assert {tuple(ranks or ()) for ranks in ranked} == {(1, 2), (2, 1), (1, 1)}


@pytest.mark.parametrize(
    ("name", "others"), [("left", "middle right"), ("middle", "left right"), ("right", "left middle")]
)
def test_pads_rank_as_in_the_paper(name: str, others: str) -> None:
    rank = partial(pad_rank, pad=name)
    best_first = [summary(name, 60), summary(name, 80), summary(others.split()[0], 50), summary("none", 40)]
    assert sorted(best_first, key=rank, reverse=True) == best_first
    assert rank(summary(others.split()[0], 70)) == rank(summary(others.split()[1], 70))
    assert rank(summary("none", 100)) == rank(summary("success", 100))  # another game's outcome is no pad


def test_a_pair_is_of_one_category_if_its_pads_rank_alike(shards: Path) -> None:
    known = list(ShardSet(shards).summaries())
    found = list(Criterion(criterion.left, "left")(ShardSet(shards), PAIRS))
    alike = list(Criterion(criterion.left, "left").same_category(ShardSet(shards), PAIRS))
    for (first, second), same, ranks in zip(PAIRS, alike, found, strict=True):
        one, other = (known[row].meta["outcome"] for row in (first, second))
        assert same == (one == other or {one, other} == {"middle", "right"})
        if same and ranks != [1, 1]:  # the shorter one
            assert (known[first].length < known[second].length) == (ranks == [1, 2])
    assert set(alike) == {True, False}


@pytest.mark.parametrize("rank", [3, None, "best"])
def test_a_rank_that_is_no_tuple_has_no_category(shards: Path, rank: Any) -> None:
    assert set(Criterion(lambda _: rank, "flat").same_category(ShardSet(shards), PAIRS)) == {None}


def test_who_has_no_rank_is_not_judged(shards: Path) -> None:
    def rank(found: TrajectorySummary) -> int | None:
        return None if found.key == "pattern-001" else found.meta["seed"]

    pairs = np.array([[0, 1], [1, 0], [2, 0], [0, 2], [3, 3]])
    assert list(Criterion(rank, "seed")(ShardSet(shards), pairs)) == [None, None, [1, 2], [2, 1], [1, 1]]
    groups = np.array([[4, 8, 2, 6], [4, 1, 2, 6]])
    assert list(Criterion(rank, "seed")(ShardSet(shards), groups)) == [[3, 1, 4, 2], None]


def test_only_compared_trajectories_are_ranked(shards: Path) -> None:
    ranked: list[str] = []

    def rank(found: TrajectorySummary) -> int:
        ranked.append(found.key)
        return 0

    list(Criterion(rank, "none")(ShardSet(shards), np.array([[7, 3], [3, 9]])))
    assert ranked == ["pattern-003", "pattern-007", "pattern-009"]


def test_ranks_that_cannot_be_compared_are_refused(shards: Path) -> None:
    rank: Any = vars
    with pytest.raises(ValueError, match=r"criterion 'vars': '<' not supported .*; allowed: ranks that can be"):
        list(Criterion(rank, "vars")(ShardSet(shards), PAIRS))


def test_names_a_trajectory_without_an_outcome() -> None:
    with pytest.raises(ValueError, match="trajectory 'odd': its meta has no 'outcome'"):
        criterion.left(TrajectorySummary("odd", 3, {}))


@pytest.mark.parametrize(
    "rank", [float("nan"), (1, np.float32("nan")), (1, (float("nan"), 2)), [float("nan")]], ids=str
)
def test_a_rank_that_is_no_number_is_refused(shards: Path, rank: Any) -> None:
    with pytest.raises(ValueError, match=r"criterion 'lost': ranks 'pattern-\d+' as .*nan.*; allowed: no NaN"):
        list(Criterion(lambda _: rank, "lost")(ShardSet(shards), PAIRS))
