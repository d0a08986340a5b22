"""A whole match: one thing after the other, for as long as it lasts (section 3.2)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from padzoo.envs.island.plan import pad_at
from padzoo.envs.players.explorer import Explorer
from padzoo.envs.players.habit import Habit
from padzoo.envs.players.pilot import Pilot, Sight
from padzoo.envs.players.runner import Runner
from padzoo.envs.players.temper import Temper
from padzoo.envs.players.thumbs import Wish

Builder = Callable[[Temper, np.random.Generator, Pilot, str], Habit]


@dataclass(frozen=True)
class Bout:
    """One of the things that people do in a match.

    Args:
        name: What it is.
        share: How often it is next, of all.
        steps: Fewest and most steps that it lasts, if it is not over before.
        build: Makes the habit, given temper, generator, steering and pad; None is the habit of the player's kind.
    """

    name: str
    share: float
    steps: tuple[int, int]
    build: Builder | None


class Match(Habit):
    """Goes from bout to bout. Who wants the pad that it stands on walks away from it first.

    Args:
        temper: The player's knobs.
        rng: Where its whims come from.
        pilot: The player's steering.
        own: Makes the habit of its kind.
        bouts: What there is to do.
        pads: The pads that it may want, with their shares.
    """

    def __init__(
        self,
        temper: Temper,
        rng: np.random.Generator,
        pilot: Pilot,
        own: Builder,
        bouts: Sequence[Bout],
        pads: dict[str, float],
    ) -> None:
        super().__init__(temper, rng, pilot)
        self.own = own
        self.bouts = bouts
        self.pads = pads
        self.left = 0
        self.habit: Habit = Explorer(temper, rng, pilot)
        self.coming: Habit | None = None

    def wish(self, seen: Sight) -> Wish:
        """Does what it is at, or begins something else."""
        self.left -= 1
        if self.left < 0 or self.habit.over or self.stands(seen, self.habit):
            self.begin(seen)
        return self.habit.wish(seen)

    def begin(self, seen: Sight) -> None:
        """Chooses what to do next."""
        bout = self.bouts[self.rng.choice(len(self.bouts), p=[bout.share for bout in self.bouts])]
        pad = str(self.rng.choice(list(self.pads), p=list(self.pads.values())))
        self.left = int(self.rng.integers(*bout.steps, endpoint=True))
        build = bout.build or self.own
        self.habit, self.coming = self.coming or build(self.temper, self.rng, self.pilot, pad), None
        if self.stands(seen, self.habit):
            self.habit, self.coming = Explorer(self.temper, self.rng, self.pilot), self.habit

    @staticmethod
    def stands(seen: Sight, habit: Habit) -> bool:
        """Says whether it stands on the pad that a habit is after."""
        return isinstance(habit, Runner) and pad_at(seen.x, seen.y) == habit.name
