"""The eye and the head of a scripted player: where it sees itself, and how it steers to a point."""

from collections import deque
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from padzoo.envs.island import sticks
from padzoo.envs.island.sticks import deflection
from padzoo.envs.players.drift import Drift
from padzoo.envs.players.temper import Temper
from padzoo.envs.players.thumbs import Wish

TICS: Final = 3.5  # engine tics a step, on average
TURN: Final = sticks.TURN * TICS  # degrees that the right stick at full throw turns in a step
LOOK: Final = sticks.LOOK * TICS  # degrees that it looks up in a step
AIM_ERROR: Final = 2.5  # degrees, at noise 1
UNEVEN: Final = 3.0  # degrees up or down that nobody minds
SETTLE: Final = 1.6  # steps in which a player means to make an error of direction good


class Sight(NamedTuple):
    """What a player saw: where it was itself, in map units and degrees (0 is east, 90 north), and where others were."""

    x: float
    y: float
    heading: float
    pitch: float
    others: NDArray[np.float64] = np.zeros((0, 2))

    @property
    def position(self) -> NDArray[np.float64]:
        """The place, `(2,)`."""
        return np.array([self.x, self.y])


def wrapped(degrees: float) -> float:
    """Returns an angle as -180 to 180."""
    return (degrees + 180) % 360 - 180


class Pilot:
    """Steers late and not quite straight.

    Args:
        temper: The player's knobs.
        rng: Where its errors come from.
    """

    def __init__(self, temper: Temper, rng: np.random.Generator) -> None:
        self.temper = temper
        self.late = round(temper.delay)
        self.sights: deque[Sight] = deque(maxlen=self.late + 4)
        self.turns: deque[float] = deque(maxlen=self.late)  # degrees to the left, not yet seen
        self.aim = Drift(rng, AIM_ERROR * temper.noise, 12.0)
        self.gaze = Drift(rng, 2.0 * temper.noise, 30.0)

    def see(self, info: Mapping[str, Any]) -> Sight:
        """Takes the newest information in and returns what the player is aware of: the view of some steps ago."""
        x, y = info["position"]
        others = info.get("others", np.zeros((0, 2)))
        self.sights.append(Sight(float(x), float(y), float(info["heading"]), float(info["pitch"]), others))
        return self.sights[max(0, len(self.sights) - 1 - self.late)]

    def moved(self) -> float:
        """Returns how far the player got in the last 3 steps that it is aware of, in map units."""
        aware = list(self.sights)[: len(self.sights) - self.late]
        return float(np.hypot(*(aware[-1].position - aware[-4].position))) if len(aware) > 3 else np.inf

    def did(self, turn: float) -> None:
        """Remembers a turn just made, in degrees to the left, until the player sees its effect."""
        self.turns.append(turn)

    def steer(self, seen: Sight, point: ArrayLike, pace: float) -> Wish:
        """Makes for a point.

        Args:
            seen: What the player is aware of.
            point: Where to, `(x, y)`.
            pace: Push of the left stick, 0 to 1.

        Returns:
            What the sticks should do.
        """
        ahead = np.asarray(point, dtype=np.float64) - seen.position
        heading = seen.heading + (1 - self.temper.overshoot) * sum(self.turns)
        bearing = float(np.degrees(np.arctan2(ahead[1], ahead[0])))
        error = wrapped(bearing + float(self.aim.next()[0]) - heading)
        swing = self.temper.swing
        turn = float(np.clip(deflection(-error / (TURN * SETTLE)), -swing, swing))
        rise = float(self.gaze.next()[0]) - seen.pitch
        look = float(np.clip(deflection(rise / (2 * LOOK)), -0.6, 0.6)) if abs(rise) > UNEVEN else 0.0
        side = -np.sin(np.radians(np.clip(error, -90, 90))) * self.temper.sidle * pace
        # Whoever has to turn far slows down: full pace up to 25 degrees, none from 100 on.
        forward = pace * float(np.clip((100 - abs(error)) / 75, 0, 1))
        return Wish(float(side), forward, turn, look)
