"""How an episode may begin: at a spawn point as a rule, or in a way that asks for more."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from padzoo.envs.island.ground import draw_place
from padzoo.envs.island.udmf import Point

CONDITIONS: Final = ("spawn", "anywhere", "turned", "nudged")
FIRST_THIRD: Final = (5, 20)  # steps in which a nudge comes: a clean run from a spawn point takes about 55
NUDGE: Final = (90.0, 270.0)  # degrees


@dataclass(frozen=True)
class Beginning:
    """How an episode begins.

    Args:
        place: Where the character stands; None is the spawn point.
        heading: Where it looks, in degrees; None is north, as at every spawn point.
        nudge: At which step the camera is turned by something else than the player; None is never.
        turn: By how many degrees, to the left.
    """

    place: Point | None = None
    heading: float | None = None
    nudge: int | None = None
    turn: float = 0.0

    @classmethod
    def draw(cls, condition: str, rng: np.random.Generator) -> "Beginning":
        """Draws a beginning.

        Args:
            condition: `spawn`, as the map says; `anywhere`, place and heading are drawn; `turned`, at the spawn point,
                the heading is drawn; `nudged`, as `spawn`, but in the first third of the way the camera is turned by
                90 to 270 degrees.
            rng: Where it comes from; `spawn` takes nothing of it.
        """
        if condition == "anywhere":
            return cls(place=draw_place(rng), heading=float(rng.uniform(0, 360)))
        if condition == "turned":
            return cls(heading=float(rng.uniform(0, 360)))
        if condition == "nudged":
            return cls(nudge=int(rng.integers(*FIRST_THIRD, endpoint=True)), turn=float(rng.uniform(*NUDGE)))
        return cls()
