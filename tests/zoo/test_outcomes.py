import math

import pytest

from zoo.outcomes import Outcomes, wilson


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


def test_rates_and_percentages() -> None:
    outcomes = Outcomes(("none", "left", "right"))
    outcomes.update(["left", "none"])
    outcomes.update(["left", "left"])
    assert {name: float(rate) for name, rate in outcomes.compute().items()} == {
        "none": 0.25,
        "left": 0.75,
        "right": 0.0,
        "success": 0.75,
    }
    assert outcomes.percentages() == {"none": 25.0, "left": 75.0, "right": 0.0, "episodes": 4}


def test_without_episodes_nothing_succeeded() -> None:
    outcomes = Outcomes(("none", "left", "right"))
    outcomes.update([])
    assert outcomes.compute()["success"] == 0
