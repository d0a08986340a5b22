"""Walking from place to place."""

from abc import abstractmethod

import numpy as np
from numpy.typing import ArrayLike

from padzoo.envs.players.habit import BLOCKED, Habit
from padzoo.envs.players.pilot import Pilot, Sight
from padzoo.envs.players.route import STEP, Path, route
from padzoo.envs.players.temper import Temper
from padzoo.envs.players.thumbs import Wish


class Walker(Habit):
    """Walks from goal to goal, and frees itself where it gets stuck.

    Args:
        temper: The player's knobs.
        rng: Where its whims come from.
        pilot: The player's steering.
    """

    def __init__(self, temper: Temper, rng: np.random.Generator, pilot: Pilot) -> None:
        super().__init__(temper, rng, pilot)
        self.path: Path | None = None
        self.at = 0
        self.dodge = 0
        self.side = 1.0

    @abstractmethod
    def goal(self, seen: Sight) -> ArrayLike:
        """Returns the next place to walk to, `(x, y)`."""

    def arrived(self, seen: Sight) -> Wish:
        """Returns what to do at the end of a way; the next goal follows."""
        self.path = None
        return Wish()

    def wish(self, seen: Sight) -> Wish:
        """Follows its way, or sidesteps what blocks it."""
        if self.dodge:
            self.dodge -= 1
            return Wish(strafe=0.9 * self.side, forward=-0.4, turn=0.45 * self.side)
        if self.path is None:
            self.path, self.at = route(seen.position, self.goal(seen), self.rng, spread=self.temper.detour), 0
        if self.pilot.moved() < BLOCKED and self.at and self.rng.random() < 0.4:
            return self.blocked(seen)
        return self.follow(seen, self.path)

    def blocked(self, seen: Sight) -> Wish:
        """Steps aside, then looks for another way."""
        self.path = None
        self.dodge, self.side = int(self.rng.integers(2, 6)), float(self.rng.choice([-1, 1]))
        return Wish(forward=-0.4)

    def follow(self, seen: Sight, path: Path) -> Wish:
        """Steers to the point of its way that lies the temper's look-ahead further on."""
        near = path[self.at : self.at + 12]
        self.at += int(np.argmin(np.hypot(*(near - seen.position).T)))
        if self.at >= len(path) - 2:
            return self.arrived(seen)
        target = path[min(len(path) - 1, self.at + round(self.temper.lookahead / STEP))]
        return self.pilot.steer(seen, target, self.temper.pace)
