import numpy as np
import pytest
from inference import bootstrap, entropy, holm, least, mean, rank_correlation, readings_for
from scipy import stats


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


def test_p_values_are_those_of_students_test() -> None:
    readings = [1.0, 2.0, 6.0]
    above, below = mean(readings).sides(0.5)
    assert above == pytest.approx(stats.ttest_1samp(readings, 0.5, alternative="greater").pvalue)
    assert below == pytest.approx(stats.ttest_1samp(readings, 0.5, alternative="less").pvalue)
    assert mean([5.0]).sides(0) == (1, 1)


def test_the_least_of_several_means_has_the_least_ends_and_is_as_sure_as_the_least_sure() -> None:
    sure, unsure = mean([4.0, 5.0, 6.0]), mean([-5.0, 20.0, 45.0])
    found = least([sure, unsure])
    assert (found.value, found.low, found.high, found.count) == (
        sure.value,
        unsure.low,
        pytest.approx(sure.value + 6.205347 / 3**0.5),
        3,
    )
    assert found.sides(0)[0] == unsure.sides(0)[0]
    assert found.sides(20)[1] == 2 * sure.sides(20)[1]  # one that is below is enough, of two by chance twice as often
    assert found.sides(-50)[1] == 1
    assert found.sides(found.high)[1] == pytest.approx(0.025)  # interval and p-value agree


def test_readings_find_a_difference_four_times_in_five() -> None:
    """As tabulated for the one-sample t-test (Cohen 1988): of 0.5 standard deviations 34, of 0.8 15, of 2 5."""
    assert [readings_for(difference, 1.0) for difference in (0.5, -0.8, 2.0)] == [34, 15, 5]
    assert readings_for(0.001, 1.0) == 1000
    assert readings_for(5.0, 0.0) == 2


def test_what_is_detectable_is_found_four_times_in_five() -> None:
    rng = np.random.default_rng(0)
    known = np.mean([mean(rng.normal(0, 1, size=5)).detectable() for _ in range(2000)])
    found = np.mean([min(mean(rng.normal(known, 1, size=5)).sides(0)) < 0.025 for _ in range(2000)])
    assert found == pytest.approx(0.8, abs=0.05)


def test_p_values_are_adjusted_for_their_number() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])  # 4 x 0.005, 3 x 0.01, 2 x 0.03
    assert holm([0.6, 0.9]) == [1, 1]


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
