"""The game of colours, whose process dies in every fifth episode."""

from typing import Any

import gymnasium
from game import Colours

from padzoo.core.errors import GameCrashed


class Shaky(Colours):
    """Dies at the second step if the episode's seed is a multiple of five."""

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        """Starts with a colour drawn from the seed."""
        self.dies = seed is not None and seed % 5 == 0
        return super().reset(seed=seed)

    def step(self, action: int) -> Any:
        """Counts the right answers of five."""
        if self.dies and self.steps == 1:
            raise GameCrashed("as it does in every fifth episode")
        return super().step(action)


gymnasium.register("Shaky-v0", Shaky)
