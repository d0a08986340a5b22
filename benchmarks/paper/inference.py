"""What a few seeds allow to be said: intervals of means, differences, slopes and correlations."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

POWER: Final = 0.8  # how often a difference that is there should be found
MOST: Final = 1000  # readings that anybody could wish for
RESAMPLES: Final = 2000
FEWEST: Final = 5  # points for a bootstrap: of 3, samples that span a line are mostly the points themselves
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """A figure and its 95 % interval.

    Args:
        value: The figure.
        low: The interval's lower end, minus infinity where nothing is known.
        high: Its upper end.
        count: How many independent readings it rests on.
    """

    value: float
    low: float
    high: float
    count: int

    def __str__(self) -> str:
        if not np.isfinite(self.high - self.low):
            return f"{self.value:.3g} (no interval from {self.count})"
        return f"{self.value:.3g} ({self.low:.3g} to {self.high:.3g})"

    def sides(self, null: float) -> tuple[float, float]:
        """Returns two one-sided p-values of Student's t: against "not above `null`", and against "not below" it."""
        if self.count < 2:
            return 1.0, 1.0
        score = (self.value - null) / max(self.error(), 1e-12)  # readings that are all the same have no error
        return float(stats.t.sf(score, self.count - 1)), float(stats.t.cdf(score, self.count - 1))

    def error(self) -> float:
        """Returns the standard error of the figure, from 2 readings or more."""
        return (self.high - self.low) / 2 / _quantile(self, 0.025) if self.count > 1 else np.inf

    def detectable(self) -> float:
        """Returns the difference that so many readings would tell from nothing four times in five."""
        return self.error() * (_quantile(self, 0.025) + _quantile(self, 1 - POWER))


@dataclass(frozen=True)
class Least(Estimate):
    """The least of several means: above a bound if each is, below it if one is.

    Args:
        parts: The means, each of which has its own interval.
    """

    parts: tuple[Estimate, ...]

    def sides(self, null: float) -> tuple[float, float]:
        """Returns the greatest p-value of being above `null`, as all must be, and the least of being below.

        The least of several is by chance less than one alone, and so multiplied by their number (Bonferroni).
        """
        above, below = zip(*(part.sides(null) for part in self.parts), strict=True)
        return max(above), min(1.0, len(below) * min(below))

    def error(self) -> float:
        """Returns the standard error of the least sure of them."""
        return max(part.error() for part in self.parts)


def _quantile(estimate: Estimate, above: float) -> float:
    """Returns what a t-value of so many readings exceeds with a probability; infinite for one reading."""
    return float(stats.t.isf(above, estimate.count - 1)) if estimate.count > 1 else np.inf


def least(parts: Sequence[Estimate]) -> Least:
    """Estimates the least of several means: least value, least lower end, least upper end.

    Upper ends are widened for the number of means (Bonferroni): one of several is by chance lower than one alone.
    """
    value, low = (min(getattr(part, name) for part in parts) for name in ("value", "low"))
    high = min(part.value + part.error() * _quantile(part, 0.025 / len(parts)) for part in parts)
    return Least(value, low, high, min(part.count for part in parts), tuple(parts))


def holm(values: Sequence[float]) -> list[float]:
    """Adjusts p-values for their number by Holm's method: the error of all tests together is then kept."""
    order = np.argsort(values)
    scaled = np.asarray(values)[order] * np.arange(len(values), 0, -1)
    adjusted = np.empty(len(values))
    adjusted[order] = np.minimum(np.maximum.accumulate(scaled), 1.0)
    return [float(value) for value in adjusted]


def readings_for(difference: float, deviation: float) -> int:
    """Returns how many readings find a difference four times in five, in a two-sided t-test at 5 %; 1000 at most.

    Args:
        difference: How far the mean is from what it is tested against.
        deviation: Standard deviation of a reading.
    """
    for count in range(2, MOST):
        critical = float(stats.t.ppf(0.975, count - 1))
        shift = min(abs(difference) / max(deviation, 1e-12) * count**0.5, 30.0)  # beyond, every test finds it
        if stats.nct.sf(critical, count - 1, shift) >= POWER:
            return count
    return MOST


def mean(values: ArrayLike) -> Estimate:
    """Estimates a mean from independent readings (Student's t), such as one value, or one difference, a seed.

    Args:
        values: The readings, `(N,)`, at least one.
    """
    array = np.asarray(values, dtype=np.float64)
    centre, count = float(array.mean()), len(array)
    if count < 2:
        return Estimate(centre, -np.inf, np.inf, count)
    spread = float(stats.t.ppf(0.975, count - 1) * array.std(ddof=1) / np.sqrt(count))
    return Estimate(centre, centre - spread, centre + spread, count)


def rank_correlation(x: ArrayLike, y: ArrayLike, seed: int = 0) -> Estimate:
    """Estimates Spearman's rank correlation, its interval by the bootstrap over points.

    Args:
        x: One quantity, `(N,)`.
        y: The other, `(N,)`.
        seed: Seed of the resampling.
    """
    points = np.column_stack([np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)])

    def correlation(sample: Array) -> float:
        return float(np.corrcoef(stats.rankdata(sample, axis=0), rowvar=False)[0, 1])

    return bootstrap(points, correlation, seed)


def bootstrap(
    points: Array, statistic: Callable[[Array], float], seed: int = 0, resamples: int = RESAMPLES
) -> Estimate:
    """Estimates a statistic of points, its interval by resampling them (percentiles).

    Args:
        points: Independent readings, `(N, D)`.
        statistic: What to compute from `(N, D)`; a sample on which it is not finite is left out.
            With fewer than 5 points there is no interval.
        seed: Seed of the resampling.
        resamples: How often.
    """
    if len(points) < FEWEST:
        return Estimate(statistic(points), -np.inf, np.inf, len(points))
    rng = np.random.default_rng(seed)
    draws = (points[rng.integers(len(points), size=len(points))] for _ in range(resamples))
    with np.errstate(all="ignore"):
        values = np.array([statistic(draw) for draw in draws if len(np.unique(draw, axis=0)) > 2])
    low, high = np.percentile(values[np.isfinite(values)], [2.5, 97.5])
    return Estimate(statistic(points), float(low), float(high), len(points))


def entropy(rates: Sequence[float]) -> float:
    """Returns the entropy of shares that are scaled to sum to 1, in bits."""
    found: Any = stats.entropy(np.asarray(rates) + 1e-12, base=2)
    return float(found)
