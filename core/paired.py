"""Two rates that were measured on the same trials."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb
from statistics import NormalDist
from typing import Final

Z: Final = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True)
class Paired:
    """What became of each trial, twice.

    Args:
        both: Trials in which it happened both times.
        first: In which it happened the first time alone.
        second: In which it happened the second time alone.
        neither: In which it never happened.
    """

    both: int
    first: int
    second: int
    neither: int

    @classmethod
    def of(cls, first: Sequence[bool], second: Sequence[bool]) -> "Paired":
        """Counts.

        Args:
            first: Whether it happened, trial by trial.
            second: Whether it did the second time, in the same order.
        """
        pairs = list(zip(first, second, strict=True))
        return cls(*(pairs.count(kind) for kind in ((True, True), (True, False), (False, True), (False, False))))

    @property
    def trials(self) -> int:
        """How many there were."""
        return self.both + self.first + self.second + self.neither

    @property
    def difference(self) -> float:
        """The second rate less the first, -1 to 1."""
        return (self.second - self.first) / self.trials

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the difference: Wald's, adjusted as by Bonett and Price (2012)."""
        count = self.trials + 2
        first, second = (self.first + 1) / count, (self.second + 1) / count
        spread = Z * ((first + second - (second - first) ** 2) / count) ** 0.5
        return max(-1.0, second - first - spread), min(1.0, second - first + spread)

    @property
    def p_value(self) -> float:
        """How often as uneven a split would come by chance were both rates the same: McNemar's exact test."""
        changed, fewer = self.first + self.second, min(self.first, self.second)
        likely: float = 2 * sum(comb(changed, k) for k in range(fewer + 1)) / 2**changed  # whole numbers, of any size
        return min(1.0, likely)
