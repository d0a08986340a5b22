from collections import Counter
from itertools import combinations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from padzoo.datamodules.comparison_batches import Comparisons, GroupedComparisons, SampledComparisons, gather


@pytest.fixture
def pairs() -> NDArray[np.int64]:
    return np.array(list(combinations(range(3, 43), 2)))[::2]  # 390 pairs of 40 trajectories


def original(batch: Comparisons) -> list[tuple[int, int]]:
    rows = torch.stack([batch["ids"][batch["winners"]], batch["ids"][batch["losers"]]], dim=1)
    return [(int(winner), int(loser)) for winner, loser in rows]


def test_each_trajectory_is_listed_once() -> None:
    batch = gather(np.array([[7, 3], [9, 7], [7, 9]]), slice(None))
    assert batch["ids"].tolist() == [3, 7, 9]
    assert original(batch) == [(7, 3), (9, 7), (7, 9)]
    assert batch["winners"].dtype == torch.int64


def test_sampling_draws_every_comparison_once_a_pass(pairs: NDArray[np.int64]) -> None:
    batches = SampledComparisons(pairs, 64, seed=0)
    drawn = [pair for number in range(13) for pair in original(batches[number])]  # 832, two passes and 52
    assert len(drawn) == 13 * 64
    assert Counter(drawn[:390]) == Counter(drawn[390:780]) == Counter(map(tuple, pairs.tolist()))
    assert drawn[:390] != drawn[390:780]


def test_few_comparisons_still_fill_a_batch() -> None:
    assert len(SampledComparisons(np.array([[0, 1], [1, 2]]), 5, seed=0)[0]["winners"]) == 5


def test_all_pairs_takes_every_comparison_within_a_group(pairs: NDArray[np.int64]) -> None:
    known = set(map(tuple, pairs.tolist()))
    grouped = GroupedComparisons(pairs, 10, seed=0)
    batches = [grouped[number] for number in range(4 * 30)]
    for start in range(0, len(batches), 4):
        groups = [set(batch["ids"].tolist()) for batch in batches[start : start + 4]]
        assert sum(map(len, groups)) == len(set.union(*groups))  # disjoint within a pass
    for batch in batches:
        ids = set(batch["ids"].tolist())
        assert len(ids) <= 10
        assert set(original(batch)) == {pair for pair in known if set(pair) <= ids}
    assert {pair for batch in batches for pair in original(batch)} == known  # pass by pass, all of them


def test_a_small_set_is_one_group(pairs: NDArray[np.int64]) -> None:
    assert set(original(GroupedComparisons(pairs, 100, seed=0)[3])) == set(map(tuple, pairs.tolist()))


def test_groups_without_a_comparison_are_left_out() -> None:
    few = GroupedComparisons(np.array([[0, 1], [2, 3], [4, 5]]), 2, seed=0)
    batches = [original(few[number]) for number in range(20)]
    assert all(batches)
    assert {pair for batch in batches for pair in batch} == {(0, 1), (2, 3), (4, 5)}


@pytest.mark.parametrize("kind", [SampledComparisons, GroupedComparisons])
def test_a_batch_is_decided_by_seed_and_number(
    pairs: NDArray[np.int64], kind: type[SampledComparisons | GroupedComparisons]
) -> None:
    whole = kind(pairs, 10, 0)
    expected = [original(whole[number]) for number in range(90)]
    again = kind(pairs, 10, 0)
    for number in (77, 3, 78, 0):
        assert original(again[number]) == expected[number]
    assert original(kind(pairs, 10, 1)[0]) != expected[0]
