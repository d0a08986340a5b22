"""What a scripted player does, as long as it does it."""

from abc import ABC, abstractmethod
from typing import Final

import numpy as np

from padzoo.envs.players.pilot import Pilot, Sight
from padzoo.envs.players.temper import Temper
from padzoo.envs.players.thumbs import Wish

BLOCKED: Final = 14.0  # whoever got less far than this in 3 steps (a run makes 150 map units) is stuck


class Habit(ABC):
    """One thing that people do in the game.

    Args:
        temper: The player's knobs.
        rng: Where its whims come from.
        pilot: The player's steering.
    """

    def __init__(self, temper: Temper, rng: np.random.Generator, pilot: Pilot) -> None:
        self.temper = temper
        self.rng = rng
        self.pilot = pilot
        self.over = False  # done with it, for what has an end

    @abstractmethod
    def wish(self, seen: Sight) -> Wish:
        """Returns what the player wants of the gamepad.

        Args:
            seen: What it is aware of.
        """
