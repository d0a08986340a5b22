import math

import pytest

from padzoo.core.wilson import wilson


@pytest.mark.parametrize(("successes", "trials"), [(0, 10), (3, 10), (187, 200), (200, 200)])
def test_the_bounds_are_where_the_score_test_is_just_not_rejected(successes: int, trials: int) -> None:
    for bound in wilson(successes, trials):
        if 1e-6 < bound < 1 - 1e-6:
            score = (successes / trials - bound) / math.sqrt(bound * (1 - bound) / trials)
            assert abs(score) == pytest.approx(1.959964, abs=1e-5)


def test_a_published_example() -> None:
    # Newcombe 1998 (Statistics in Medicine 17), Table I, method 3: 81 of 263.
    low, high = wilson(81, 263)
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)
