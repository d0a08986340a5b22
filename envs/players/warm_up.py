"""Play before the run: people turn about, stroll and dance in the yard before they set off (section 3.3)."""

from typing import Final

import numpy as np

from padzoo.envs.players.pilot import Pilot, Sight
from padzoo.envs.players.thumbs import Wish

MOODS: Final = ("look about", "stroll", "dance", "wait")
SHARES: Final = (0.4, 0.35, 0.15, 0.1)


class WarmUp:
    """Some steps of anything but the run, in one mood after the other.

    Args:
        rng: Where the moods come from.
        steps: How long it lasts.
    """

    def __init__(self, rng: np.random.Generator, steps: int) -> None:
        self.rng = rng
        self.left = steps
        self.mood = MOODS[0]
        self.lasts = 0
        self.side = 1.0
        self.target = np.zeros(2)

    def goes_on(self) -> bool:
        """Counts one step; tells whether the warm-up still lasts."""
        self.left -= 1
        return self.left >= 0

    def wish(self, seen: Sight, pilot: Pilot) -> Wish:
        """Returns what the mood of the moment wants.

        Args:
            seen: What the player is aware of.
            pilot: The player's steering.
        """
        if self.lasts <= 0:
            self.mood = str(self.rng.choice(MOODS, p=SHARES))
            self.lasts = int(self.rng.integers(6, 16))
            self.side = float(self.rng.choice([-1, 1])) * self.rng.uniform(0.3, 0.9)
            self.target = self.rng.uniform((-260, -360), (260, 240))
        self.lasts -= 1
        if self.mood == "stroll":
            return pilot.steer(seen, self.target, 0.7)
        if self.mood == "look about":
            return Wish(turn=0.75 * self.side, forward=0.2)
        if self.mood == "dance":
            beat = self.lasts // 3 % 2
            return Wish(strafe=self.side * (1 if beat else -1), buttons=("a",) if beat else ("b",))
        return Wish()
