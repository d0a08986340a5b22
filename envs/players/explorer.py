"""Seeing the island: walking anywhere, looking round, looking behind."""

from dataclasses import replace
from typing import Final

import numpy as np

from padzoo.envs.island.ground import draw_place
from padzoo.envs.players.drift import Drift
from padzoo.envs.players.habit import Habit
from padzoo.envs.players.pilot import Pilot, Sight, wrapped
from padzoo.envs.players.route import Path
from padzoo.envs.players.temper import Temper
from padzoo.envs.players.thumbs import Wish
from padzoo.envs.players.walker import Walker

LOOKS: Final = ((160, -170), (-160, 170), (360,), (-360,), (80, -160, 90), (-80, 160, -90), (180,), (-180,))  # degrees
SOON: Final = 4  # points of its way ahead to which a sightseer walks
# Corners of the yards: the south of the main one, left, right.
YARDS: Final = (((-310, -400), (310, 0)), ((-680, -220), (-420, 280)), ((420, -220), (680, 280)))


class Explorer(Walker):
    """Walks to one place, anywhere on the island."""

    def goal(self, seen: Sight) -> tuple[float, float]:
        """Returns the place."""
        return draw_place(self.rng)

    def arrived(self, seen: Sight) -> Wish:
        """Is there."""
        self.over = True
        return super().arrived(seen)


class Sightseer(Explorer):
    """Walks to one place and lets the camera wander meanwhile: forwards, sideways or backwards, as it comes."""

    def __init__(self, temper: Temper, rng: np.random.Generator, pilot: Pilot) -> None:
        super().__init__(temper, rng, pilot)
        self.camera = Drift(rng, 0.4, 10.0)

    def follow(self, seen: Sight, path: Path) -> Wish:
        """Pushes the left stick to where the way leads, wherever the camera looks."""
        ahead = super().follow(seen, path)
        if self.path is None:
            return ahead
        way = path[min(len(path) - 1, self.at + SOON)] - seen.position
        off = np.arctan2(way[1], way[0]) - np.radians(seen.heading)
        push = self.temper.pace * np.array([-np.sin(off), np.cos(off)])
        return replace(ahead, strafe=float(push[0]), forward=float(push[1]), turn=float(self.camera.next()[0]))


class YardExplorer(Sightseer):
    """Walks to some places in one of the yards, off the way to the pads."""

    def __init__(self, temper: Temper, rng: np.random.Generator, pilot: Pilot) -> None:
        super().__init__(temper, rng, pilot)
        self.yard = YARDS[rng.choice(len(YARDS), p=(0.3, 0.35, 0.35))]
        self.places = int(rng.integers(2, 6))

    def goal(self, seen: Sight) -> tuple[float, float]:
        """Returns the next place in the yard."""
        x, y = self.rng.uniform(*self.yard)
        return float(x), float(y)

    def arrived(self, seen: Sight) -> Wish:
        """Goes to the next place, if there is one left to see."""
        self.places -= 1
        wish = super().arrived(seen)
        self.over = self.places <= 0
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
