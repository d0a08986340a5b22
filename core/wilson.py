"""The interval of a rate."""

from statistics import NormalDist


def wilson(successes: float, trials: float, confidence: float = 0.95) -> tuple[float, float]:
    """Computes the Wilson score interval of a rate.

    Args:
        successes: How often it happened.
        trials: How often it could have happened, above 0; a fraction where trials depend on each other.
        confidence: The interval's coverage.

    Returns:
        The lower and upper bound of the rate, in [0, 1].
    """
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    rate = successes / trials
    center = rate + z * z / (2 * trials)
    spread = z * (rate * (1 - rate) / trials + z * z / (4 * trials * trials)) ** 0.5
    scale = 1 + z * z / trials
    return max(0.0, (center - spread) / scale), min(1.0, (center + spread) / scale)
