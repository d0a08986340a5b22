import pytest
from scipy.stats import binomtest

from padzoo.core.paired import Paired
from padzoo.core.wilson import wilson


def test_trials_are_counted_by_what_became_of_them_twice() -> None:
    found = Paired.of([True, True, False, False, True], [True, False, True, False, True])
    assert found == Paired(both=2, first=1, second=1, neither=1)
    assert (found.trials, found.difference) == (5, 0.0)


@pytest.mark.parametrize(("first", "second"), [(0, 0), (1, 9), (12, 3), (7, 7), (500, 524), (2100, 2900)])
def test_the_p_value_is_the_exact_one(first: int, second: int) -> None:
    expected = binomtest(first, first + second).pvalue if first + second else 1.0
    assert Paired(10, first, second, 20).p_value == pytest.approx(expected)


def test_the_interval_holds_the_difference_and_shrinks() -> None:
    for scale, width in ((1, 0.5), (100, 0.05)):
        found = Paired(20 * scale, 2 * scale, 8 * scale, 10 * scale)
        low, high = found.interval
        assert low < found.difference < high
        assert high - low < width
    assert Paired(1, 0, 0, 0).interval[0] >= -1
    # pairs tell more than two independent samples of the same rates would
    low, high = Paired(80, 2, 8, 10).interval
    (low_first, high_first), (low_second, high_second) = wilson(82, 100), wilson(88, 100)
    assert high - low < (high_second - low_first) - (low_second - high_first)
