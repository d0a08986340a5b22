"""Scripted players: people who run to a launch pad, and people who do something else (section 3.2, Appendix B)."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from padzoo.core.gamepad import CENTER, COMPONENTS
from padzoo.envs.island.plan import NECK, PADS
from padzoo.envs.island.sticks import speed
from padzoo.envs.players.pilot import TURN, Pilot, Sight
from padzoo.envs.players.route import STEP, Path, route
from padzoo.envs.players.temper import Temper
from padzoo.envs.players.thumbs import Thumbs, Wish
from padzoo.envs.players.warm_up import WarmUp

_RIGHT_X: Final = COMPONENTS.index("right_x")
BLOCKED: Final = 14.0  # whoever got less far than this in 3 steps (a run makes 150 map units) is stuck


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


class ScriptedPlayer(ABC):
    """A player by script: plays about for a while, then does what its kind does, with pauses and hops.

    Args:
        temper: Its knobs.
        rng: Where its whims and errors come from.
    """

    def __init__(self, temper: Temper, rng: np.random.Generator) -> None:
        self.temper = temper
        self.rng = rng
        self.pilot = Pilot(temper, rng)
        self.thumbs = Thumbs(rng, tremor=0.04 * temper.noise, lag=0.3)
        self.warm_up = WarmUp(rng, steps=round(temper.warm_up))
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
            wish = self.hopping(seen, self.wish(seen))
        action = self.thumbs.press(wish)
        self.pilot.did(-TURN * speed((int(action[_RIGHT_X]) - CENTER) / CENTER))
        return action

    @abstractmethod
    def wish(self, seen: Sight) -> Wish:
        """Returns what this kind of player wants to do."""

    def hopping(self, seen: Sight, wish: Wish) -> Wish:
        """Adds the jumps that people make for fun, more often on the steps up to the neck."""
        steps = abs(seen.y - NECK[0][1]) < 80
        if self.rng.random() < self.temper.hops * (8 if steps else 1):
            self.hop = 2  # a press lasts 2 steps
        self.hop = max(0, self.hop - 1)
        return replace(wish, buttons=(*wish.buttons, "a")) if self.hop else wish


class Walker(ScriptedPlayer):
    """A player that walks from goal to goal, and frees itself where it gets stuck.

    Args:
        temper: Its knobs.
        rng: Where its whims and errors come from.
    """

    def __init__(self, temper: Temper, rng: np.random.Generator) -> None:
        super().__init__(temper, rng)
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


class Runner(Walker):
    """Goes for one launch pad; where it misses, it runs into the wall behind, turns round and takes the pad from there.

    Args:
        temper: Its knobs.
        rng: Where its whims and errors come from.
        pad: The pad: `left`, `middle` or `right`.
        miss: Standard deviation of its aim beside the pad's centre, in map units, at noise 1; a pad is 180 wide.
    """

    def __init__(self, temper: Temper, rng: np.random.Generator, pad: str, miss: float) -> None:
        super().__init__(temper, rng)
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
