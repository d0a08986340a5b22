"""Error that comes and goes slowly, as a person's does."""

import numpy as np
from numpy.typing import NDArray


class Drift:
    """An Ornstein-Uhlenbeck process: noise that the next picture still shows, unlike independent noise a step.

    Args:
        rng: Where it comes from.
        size: Standard deviation of each component.
        steps: How many steps an error lasts (the time constant).
        components: How many values it has.
    """

    def __init__(self, rng: np.random.Generator, size: float, steps: float, components: int = 1) -> None:
        self.rng = rng
        self.keep = float(np.exp(-1 / steps))
        self.kick = size * float(np.sqrt(1 - self.keep**2))
        self.value = size * rng.standard_normal(components)

    def next(self) -> NDArray[np.float64]:
        """Goes on one step and returns the values, `(components,)`."""
        self.value = self.keep * self.value + self.kick * self.rng.standard_normal(self.value.size)
        return self.value
