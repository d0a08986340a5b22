import pytest

from padzoo.datamodules.judges.ranks import check_ranks, rank


def test_the_highest_score_ranks_first_and_equal_ones_share_it() -> None:
    assert rank([0.5, 2, 0.5, -1, 9]) == [3, 2, 3, 4, 1]
    assert rank([(2, -60), (2, -50), (0, -50)]) == [2, 1, 3]
    assert rank([7, 7]) == [1, 1]
    assert rank([[1], [2]]) == [2, 1]  # it need not be hashable


def test_what_is_no_rank_of_each_is_refused() -> None:
    assert check_ranks(None, 2) is None
    assert check_ranks([3, 1, 3], 3) == [3, 1, 3]
    for wrong in ([1], [1, 2, 3], [1.0, 2], [True, 2], "12", {}, 1):
        with pytest.raises(ValueError, match=r"^ranks .*: allowed: a list of 2 whole numbers, or None"):
            check_ranks(wrong, 2)
