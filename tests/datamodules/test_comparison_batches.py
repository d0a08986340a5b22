from collections import Counter
from itertools import combinations, islice

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from padzoo.datamodules.comparison_batches import ComparisonBatches, Comparisons, gather


@pytest.fixture
def pairs() -> NDArray[np.int64]:
    return np.array(list(combinations(range(3, 43), 2)))[::2]  # 390 pairs of 40 trajectories


def build(pairs: NDArray[np.int64], batch_trajectories: int = 0, **changes: int) -> ComparisonBatches:
    settings = {"batch_size": 64, "seed": 0, "endless": True, "rank": 0, "world": 1} | changes
    return ComparisonBatches(pairs, batch_trajectories=batch_trajectories, **settings)  # type: ignore[arg-type]


def original(batch: Comparisons) -> list[tuple[int, int]]:
    rows = torch.stack([batch["ids"][batch["winners"]], batch["ids"][batch["losers"]]], dim=1)
    return [(int(winner), int(loser)) for winner, loser in rows]


def test_each_trajectory_is_listed_once() -> None:
    batch = gather(np.array([[7, 3], [9, 7], [7, 9]]))
    assert batch["ids"].tolist() == [3, 7, 9]
    assert original(batch) == [(7, 3), (9, 7), (7, 9)]
    assert batch["winners"].dtype == torch.int64


def test_sampling_draws_every_comparison_once_a_pass(pairs: NDArray[np.int64]) -> None:
    drawn = [pair for batch in islice(build(pairs), 13) for pair in original(batch)]  # 832, two passes and 52
    assert Counter(drawn[:390]) == Counter(drawn[390:780]) == Counter(map(tuple, pairs.tolist()))
    assert drawn[:390] != drawn[390:780]
    assert {len(batch["winners"]) for batch in islice(build(pairs), 13)} == {64}


def test_few_comparisons_still_fill_a_batch() -> None:
    batch = next(iter(build(np.array([[0, 1], [1, 2]]), batch_size=5)))
    assert len(batch["winners"]) == 5


def test_all_pairs_takes_every_comparison_within_a_group(pairs: NDArray[np.int64]) -> None:
    known = set(map(tuple, pairs.tolist()))
    batches = list(islice(build(pairs, batch_trajectories=10), 4 * 30))
    for start in range(0, len(batches), 4):
        groups = [set(batch["ids"].tolist()) for batch in batches[start : start + 4]]
        assert sum(map(len, groups)) == len(set.union(*groups))  # disjoint within a pass
    for batch in batches:
        ids = set(batch["ids"].tolist())
        assert len(ids) <= 10
        assert set(original(batch)) == {pair for pair in known if set(pair) <= ids}
    assert {pair for batch in batches for pair in original(batch)} == known  # pass by pass, all of them


def test_a_small_set_is_one_group(pairs: NDArray[np.int64]) -> None:
    batch = next(iter(build(pairs, batch_trajectories=100)))
    assert set(original(batch)) == set(map(tuple, pairs.tolist()))


@pytest.mark.parametrize("batch_trajectories", [0, 10])
def test_the_seed_decides_and_ranks_take_turns(pairs: NDArray[np.int64], batch_trajectories: int) -> None:
    whole = [original(batch) for batch in islice(build(pairs, batch_trajectories), 10)]
    assert whole == [original(batch) for batch in islice(build(pairs, batch_trajectories), 10)]
    assert whole != [original(batch) for batch in islice(build(pairs, batch_trajectories, seed=1), 10)]
    for rank in (0, 1):
        part = islice(build(pairs, batch_trajectories, rank=rank, world=2), 5)
        assert [original(batch) for batch in part] == whole[rank::2]


def test_an_exact_pass_keeps_the_order_of_the_file(pairs: NDArray[np.int64]) -> None:
    batches = list(build(pairs, endless=False, batch_size=100, rank=1, world=2))
    assert [len(batch["winners"]) for batch in batches] == [100, 100, 100, 90]
    assert [list(pair) for batch in batches for pair in original(batch)] == pairs.tolist()
