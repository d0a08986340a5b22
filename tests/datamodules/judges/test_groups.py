from itertools import combinations

import pytest

from padzoo.datamodules.judges.groups import choose_groups


@pytest.mark.parametrize(("ways", "comparisons", "count"), [(3, 30, 10), (4, 61, 11), (5, 1, 1)])
def test_random_groups_make_so_many_comparisons(ways: int, comparisons: int, count: int) -> None:
    found = choose_groups(60, comparisons, ways)
    assert found.shape == (count, ways)
    assert all(len(set(rows)) == ways for rows in found.tolist())
    assert found.min() >= 0
    assert found.max() < 60
    assert found.tolist() == choose_groups(60, comparisons, ways).tolist()
    assert found.tolist() != choose_groups(60, comparisons, ways, seed=1).tolist()
    assert found.tolist() == choose_groups(60, comparisons + 100, ways)[:count].tolist()


def test_no_group_is_drawn_twice_and_all_of_them_can_be() -> None:
    for comparisons in (3 * 60, 3 * 119, 3 * 120):
        found = choose_groups(10, comparisons, 3).tolist()
        assert len(set(map(frozenset, found))) == len(found) == comparisons // 3
    assert set(map(frozenset, found)) == set(map(frozenset, combinations(range(10), 3)))
    first = [rows.index(min(rows)) for rows in found]
    assert all(30 <= first.count(place) <= 50 for place in range(3))  # places are drawn too


@pytest.mark.parametrize(
    ("ways", "comparisons", "message"),
    [
        (6, 3, "--ways 6: allowed: 2 to 5"),
        (1, 3, "--ways 1: allowed: 2 to 5"),
        (3, 0, "comparisons 0: allowed: 1 to 360, which is every 3 of 10 trajectories"),
        (3, 361, "comparisons 361: allowed: 1 to 360"),
    ],
)
def test_refuses_more_than_there_are(ways: int, comparisons: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        choose_groups(10, comparisons, ways)
