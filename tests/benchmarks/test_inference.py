import numpy as np
import pytest
from inference import bootstrap, entropy, mean, rank_correlation


def test_the_interval_of_a_mean_is_students() -> None:
    # 1, 2, 6: mean 3, standard deviation sqrt(7), and the 97.5 % quantile of t with 2 degrees of freedom is 4.302653.
    found = mean([1.0, 2.0, 6.0])
    assert (found.value, found.count) == (3.0, 3)
    assert found.high - found.value == pytest.approx(4.302653 * 7**0.5 / 3**0.5, rel=1e-6)
    assert found.value - found.low == pytest.approx(found.high - found.value)


def test_one_reading_has_no_interval() -> None:
    found = mean([5.0])
    assert (found.value, found.low, found.high) == (5.0, -np.inf, np.inf)
    assert str(found) == "5 (no interval from 1)"


def test_intervals_of_means_cover_as_often_as_they_say() -> None:
    rng = np.random.default_rng(0)
    intervals = [mean(rng.normal(10, 3, size=3)) for _ in range(2000)]
    assert np.mean([found.low <= 10 <= found.high for found in intervals]) == pytest.approx(0.95, abs=0.02)


def test_a_rank_correlation_sees_order_alone() -> None:
    x = np.arange(20.0)
    found = rank_correlation(x, np.exp(x))
    assert (found.value, found.low, found.high) == pytest.approx((1, 1, 1))
    assert rank_correlation(x, -x).value == pytest.approx(-1)
    scattered = rank_correlation(x, np.random.default_rng(1).permutation(x))
    assert scattered.low < 0 < scattered.high


def test_the_bootstrap_of_a_mean_agrees_with_theory() -> None:
    points = np.random.default_rng(2).normal(size=(400, 1))
    found = bootstrap(points, lambda sample: float(sample.mean()))
    assert found.high - found.low == pytest.approx(2 * 1.96 * points.std() / 20, rel=0.1)


def test_a_few_points_have_no_bootstrap() -> None:
    points = np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 5.0]])
    found = bootstrap(points, lambda sample: float(np.polyfit(sample[:, 0], sample[:, 1], 1)[0]))
    assert (found.value, found.low, found.high) == (pytest.approx(2.5), -np.inf, np.inf)
    assert str(found) == "2.5 (no interval from 3)"


def test_even_shares_have_the_most_entropy() -> None:
    assert entropy([20, 20, 20]) == pytest.approx(np.log2(3))
    assert entropy([60, 0, 0]) == pytest.approx(0, abs=1e-6)
