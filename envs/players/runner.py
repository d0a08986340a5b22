"""Running to a launch pad (section 3.2, Appendix B)."""

import numpy as np
from numpy.typing import NDArray

from padzoo.envs.island.plan import PADS
from padzoo.envs.players.habit import BLOCKED
from padzoo.envs.players.pilot import Pilot, Sight
from padzoo.envs.players.temper import Temper
from padzoo.envs.players.thumbs import Wish
from padzoo.envs.players.walker import Walker


class Runner(Walker):
    """Goes for one launch pad; where it misses, it runs into the wall behind, turns round and takes the pad from there.

    Args:
        temper: The player's knobs.
        rng: Where its whims come from.
        pilot: The player's steering.
        pad: The pad: `left`, `middle` or `right`.
        miss: Standard deviation of its aim beside the pad's centre, in map units, at noise 1; a pad is 180 wide.
    """

    def __init__(self, temper: Temper, rng: np.random.Generator, pilot: Pilot, pad: str, miss: float) -> None:
        super().__init__(temper, rng, pilot)
        self.name = pad
        self.pad = np.asarray(PADS[pad], dtype=np.float64)
        self.miss = miss * temper.noise
        self.beyond: NDArray[np.float64] | None = None  # where a player runs on to that missed the pad
        self.stubborn = 0

    def goal(self, seen: Sight) -> NDArray[np.float64]:
        """Returns a point near the pad, to the side of it as one comes."""
        way = self.pad - seen.position
        way /= np.hypot(*way) + 1e-9
        beside = self.rng.normal(0, self.miss)
        self.miss = min(self.miss, 25.0)  # whoever missed once takes care
        return np.asarray(self.pad + beside * np.array([way[1], -way[0]]) + 60 * way)

    def arrived(self, seen: Sight) -> Wish:
        """Runs on: the pad was missed."""
        heading = np.radians(seen.heading)
        self.beyond = seen.position + 400 * np.array([np.cos(heading), np.sin(heading)])
        self.stubborn = int(self.rng.integers(2, 13))
        self.path = None
        return self.wish(seen)

    def wish(self, seen: Sight) -> Wish:
        """Follows its way to the pad, or runs on into the wall for a while before it turns round."""
        if self.beyond is None:
            return super().wish(seen)
        self.stubborn -= self.pilot.moved() < 3 * BLOCKED
        if self.stubborn <= 0 or np.hypot(*(self.beyond - seen.position)) < 60:
            self.beyond = None
            return super().wish(seen)
        return self.pilot.steer(seen, self.beyond, self.temper.pace)
