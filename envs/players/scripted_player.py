"""A player by script: a body with an eye, hands, pauses and hops, and a habit."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from padzoo.core.gamepad import CENTER, COMPONENTS
from padzoo.envs.island.plan import NECK
from padzoo.envs.island.sticks import speed
from padzoo.envs.players.habit import Habit
from padzoo.envs.players.pilot import TURN, Pilot, Sight
from padzoo.envs.players.temper import Temper
from padzoo.envs.players.thumbs import Thumbs, Wish
from padzoo.envs.players.warm_up import WarmUp

_RIGHT_X: Final = COMPONENTS.index("right_x")


class Script(Protocol):
    """A player of one episode by script."""

    def act(self, info: Mapping[str, Any]) -> NDArray[np.int64]:
        """Chooses an action.

        Args:
            info: What the environment said last: `position`, `heading`, `pitch` and more, privileged.

        Returns:
            A gamepad action, `(16,)`.
        """
        ...


class ScriptedPlayer:
    """Plays about for a while, then follows its habit, with pauses and hops.

    Args:
        temper: Its knobs.
        rng: Where its whims and errors come from.
        habit: Makes its habit, given temper, generator and steering.
    """

    def __init__(
        self,
        temper: Temper,
        rng: np.random.Generator,
        habit: Callable[[Temper, np.random.Generator, Pilot], Habit],
    ) -> None:
        self.temper = temper
        self.rng = rng
        self.pilot = Pilot(temper, rng)
        self.thumbs = Thumbs(rng, tremor=0.04 * temper.noise, lag=0.3)
        self.warm_up = WarmUp(rng, steps=round(temper.warm_up))
        self.habit = habit(temper, rng, self.pilot)
        self.pause = 0
        self.hop = 0

    def act(self, info: Mapping[str, Any]) -> NDArray[np.int64]:
        """Chooses an action; see `Script.act`."""
        seen = self.pilot.see(info)
        self.pause = int(self.rng.integers(3, 10)) if self.rng.random() < self.temper.lapses else max(0, self.pause - 1)
        if self.warm_up.goes_on():
            wish = self.warm_up.wish(seen, self.pilot)
        elif self.pause:
            wish = Wish()
        else:
            wish = self.hopping(seen, self.habit.wish(seen))
            self.pause = wish.rest
        action = self.thumbs.press(wish)
        self.pilot.did(-TURN * speed((int(action[_RIGHT_X]) - CENTER) / CENTER))
        return action

    def hopping(self, seen: Sight, wish: Wish) -> Wish:
        """Adds the jumps that people make for fun, more often on the steps up to the neck."""
        steps = abs(seen.y - NECK[0][1]) < 80
        if self.rng.random() < self.temper.hops * (8 if steps else 1):
            self.hop = 2  # a press lasts 2 steps
        self.hop = max(0, self.hop - 1)
        return replace(wish, buttons=(*wish.buttons, "a")) if self.hop else wish
