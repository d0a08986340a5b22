"""Habits of those with other things on their mind than a launch pad."""

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from padzoo.envs.players.habit import BLOCKED, Habit
from padzoo.envs.players.pilot import Pilot, Sight
from padzoo.envs.players.runner import Runner
from padzoo.envs.players.temper import Temper
from padzoo.envs.players.thumbs import Wish
from padzoo.envs.players.walker import Walker

Box = tuple[tuple[float, float], tuple[float, float]]
HAUNTS: Final[dict[str, tuple[float, Box]]] = {  # where wanderers go: how often, and between which corners
    "yard": (0.3, ((-270, -360), (270, 250))),
    "left yard": (0.2, ((-650, -190), (-450, 250))),
    "right yard": (0.2, ((450, -190), (650, 250))),
    "neck": (0.1, ((-90, 470), (90, 780))),
    "hall": (0.2, ((-330, 1150), (330, 1550))),
}
MASHED: Final = (
    "a",
    "b",
    "x",
    "left_trigger",
    "right_trigger",
    "left_shoulder",
    "right_shoulder",
    "dpad_up",
    "dpad_down",
)


class Wanderer(Walker):
    """Strolls from one spot of the island to another and stands there for a moment."""

    def goal(self, seen: Sight) -> NDArray[np.float64]:
        """Returns a spot in one of the wanderers' haunts."""
        shares = [share for share, _ in HAUNTS.values()]
        low, high = list(HAUNTS.values())[self.rng.choice(len(HAUNTS), p=shares)][1]
        return self.rng.uniform(low, high)

    def arrived(self, seen: Sight) -> Wish:
        """Stands for a moment."""
        return replace(super().arrived(seen), rest=int(self.rng.integers(2, 12)))


class Idler(Habit):
    """Stands; now and then looks about, takes a few steps or jumps."""

    def __init__(self, temper: Temper, rng: np.random.Generator, pilot: Pilot) -> None:
        super().__init__(temper, rng, pilot)
        self.lasts = 0
        self.act_of_boredom = Wish()

    def wish(self, seen: Sight) -> Wish:
        """Does nothing, mostly."""
        self.lasts -= 1
        if self.lasts < 0 and self.rng.random() < 0.05:
            self.lasts = int(self.rng.integers(3, 10))
            side = float(self.rng.uniform(-1, 1))
            choices = (
                Wish(turn=0.7 * side),
                Wish(turn=0.7 * side),
                Wish(0.5 * side, 0.5),
                Wish(buttons=("a",)),
                Wish(look=side),
            )
            self.act_of_boredom = choices[self.rng.integers(len(choices))]
        return self.act_of_boredom if self.lasts >= 0 else Wish()


class Spinner(Runner):
    """Wants to get to a pad but plays with the camera: runs in circles for a while, then on."""

    def __init__(self, temper: Temper, rng: np.random.Generator, pilot: Pilot, pad: str, miss: float) -> None:
        super().__init__(temper, rng, pilot, pad, miss)
        self.spin = 0
        self.side = 1.0

    def wish(self, seen: Sight) -> Wish:
        """Turns the camera round and round in bouts of one to three seconds."""
        if self.spin == 0 and self.rng.random() < 0.08:
            self.spin, self.path, self.beyond = int(self.rng.integers(10, 30)), None, None
            self.side = float(self.rng.choice([-1, 1]) * self.rng.uniform(0.3, 0.8))
        if self.spin:
            self.spin -= 1
            return Wish(forward=0.5, turn=self.side, look=0.3 * self.side)
        return super().wish(seen)


class Masher(Runner):
    """Runs to a pad with fingers that cannot keep still: jumps, ducks, shoots and sidesteps on the way."""

    def __init__(self, temper: Temper, rng: np.random.Generator, pilot: Pilot, pad: str, miss: float) -> None:
        super().__init__(temper, rng, pilot, pad, miss)
        self.held = np.zeros(len(MASHED), dtype=np.bool_)

    def wish(self, seen: Sight) -> Wish:
        """Holds each button for about 3 steps in 15."""
        chance = np.where(self.held, 0.67, 0.08)
        self.held = self.rng.random(len(MASHED)) < chance
        buttons = tuple(name for name, held in zip(MASHED, self.held, strict=True) if held)
        return replace(super().wish(seen), buttons=buttons)


class WallRunner(Habit):
    """Runs straight on until a wall stops it, pushes against it for a while, and turns some other way."""

    def __init__(self, temper: Temper, rng: np.random.Generator, pilot: Pilot) -> None:
        super().__init__(temper, rng, pilot)
        self.course: float | None = None
        self.pushing = 0

    def wish(self, seen: Sight) -> Wish:
        """Keeps its course, in degrees."""
        if self.course is None:
            self.course = seen.heading + self.rng.normal(0, 50)
        if self.pilot.moved() < 3 * BLOCKED:
            self.pushing += 1
            if self.pushing > 3 and self.rng.random() < 0.2:
                self.course += float(self.rng.choice([-1, 1]) * self.rng.uniform(50, 170))
                self.pushing = 0
        way = np.radians(self.course)
        return self.pilot.steer(seen, seen.position + 300 * np.array([np.cos(way), np.sin(way)]), self.temper.pace)
