from itertools import combinations

import numpy as np
import pytest

from padzoo.datamodules.judges.pairs import Pairs, choose_pairs, numbered, subset_size


def chosen(count: int, seed: int = 0, pairs: Pairs = "all") -> set[frozenset[int]]:
    found = choose_pairs(60, count, seed, pairs).tolist()
    assert all(0 <= row < 60 for pair in found for row in pair)
    assert len(found) == len(set(map(frozenset, found)))
    return set(map(frozenset, found))


def test_all_pairs_of_a_random_subset_which_grows() -> None:
    few, more = chosen(105), chosen(435)
    rows = frozenset.union(*few)
    assert len(rows) == 15
    assert few == set(map(frozenset, combinations(rows, 2)))
    assert few < more
    assert few != chosen(105, seed=1)
    assert few == chosen(105)


def test_random_pairs_come_from_all_trajectories_and_grow_too() -> None:
    few = chosen(105, pairs="random")
    assert len(few) == 105
    assert len(frozenset.union(*few)) > 50
    assert few < chosen(435, pairs="random")
    assert few != chosen(105, 1, "random")
    assert chosen(1770, pairs="random") == set(map(frozenset, combinations(range(60), 2)))


@pytest.mark.parametrize("trajectories", [2, 3, 60])
def test_pairs_are_found_by_number_in_a_list_that_is_not_made(trajectories: int) -> None:
    every = list(combinations(range(trajectories), 2))
    assert list(map(tuple, numbered(np.arange(len(every)), trajectories).tolist())) == every


def test_the_nearest_number_of_pairs_is_taken() -> None:
    for count in range(1, 500):
        size = subset_size(count)
        distance = abs(size * (size - 1) // 2 - count)
        assert all(distance <= abs(other * (other - 1) // 2 - count) for other in (size - 1, size + 1))
    assert subset_size(100) == 15
    assert subset_size(44_850) == 300


def test_refuses_more_than_there_are() -> None:
    for count in (0, 191):
        message = f"comparisons {count}: allowed: 1 to 190, which is every pair of 20 trajectories"
        with pytest.raises(ValueError, match=message):
            choose_pairs(20, count)
