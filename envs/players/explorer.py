"""Seeing the island: walking anywhere, looking round, looking behind."""

from typing import Final

import numpy as np

from padzoo.envs.island.ground import draw_place
from padzoo.envs.players.habit import Habit
from padzoo.envs.players.pilot import Pilot, Sight, wrapped
from padzoo.envs.players.temper import Temper
from padzoo.envs.players.thumbs import Wish
from padzoo.envs.players.walker import Walker

LOOKS: Final = ((160, -170), (-160, 170), (360,), (-360,), (80, -160, 90), (-80, 160, -90), (180,), (-180,))  # degrees
SIDE_YARDS: Final = {"left": ((-680, -220), (-450, 280)), "right": ((450, -220), (680, 280))}


class Explorer(Walker):
    """Walks to one place, anywhere on the island."""

    def goal(self, seen: Sight) -> tuple[float, float]:
        """Returns the place."""
        return draw_place(self.rng)

    def arrived(self, seen: Sight) -> Wish:
        """Is there."""
        self.over = True
        return super().arrived(seen)


class YardExplorer(Explorer):
    """Walks to a corner of a side yard, and to another one."""

    def __init__(self, temper: Temper, rng: np.random.Generator, pilot: Pilot) -> None:
        super().__init__(temper, rng, pilot)
        self.box = list(SIDE_YARDS.values())[rng.integers(len(SIDE_YARDS))]
        self.corners = int(rng.integers(1, 4))

    def goal(self, seen: Sight) -> tuple[float, float]:
        """Returns a place in the side yard."""
        x, y = self.rng.uniform(*self.box)
        return float(x), float(y)

    def arrived(self, seen: Sight) -> Wish:
        """Goes to the next corner, if there is one left to see."""
        self.corners -= 1
        wish = super().arrived(seen)
        self.over = self.corners <= 0
        return wish


class Looker(Habit):
    """Looks behind or all round, standing or in a slow walk, and back."""

    def __init__(self, temper: Temper, rng: np.random.Generator, pilot: Pilot) -> None:
        super().__init__(temper, rng, pilot)
        self.left = [float(turn) * rng.uniform(0.8, 1.1) for turn in LOOKS[rng.integers(len(LOOKS))]]  # still to turn
        self.swing = float(rng.uniform(0.35, 0.8))
        self.forward = float(rng.choice([0.0, 0.4], p=[0.6, 0.4]))
        self.last: float | None = None

    def wish(self, seen: Sight) -> Wish:
        """Turns as far as it means to, then the next way after a moment."""
        if self.last is not None:
            self.left[0] -= wrapped(seen.heading - self.last)
        self.last = seen.heading
        if abs(self.left[0]) > 15 * self.swing + 10:
            return Wish(forward=self.forward, turn=-self.swing * float(np.sign(self.left[0])))
        del self.left[0]
        self.last, self.over = None, not self.left
        return Wish(rest=int(self.rng.integers(0, 6)))
