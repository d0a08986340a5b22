"""A game of one's own: press the button that the colour asks for. `padzoo play REF --env game:Colours-v0`."""

from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Box, Discrete
from numpy.typing import NDArray


class Colours(gymnasium.Env[NDArray[np.uint8], int]):
    """Red asks for button 1, blue for button 2; three right answers are a success."""

    observation_space = Box(0, 255, (32, 32, 3), np.uint8)
    action_space = Discrete(3)  # the gamepad's first two buttons, and none
    outcomes = ("none", "success")  # failure first

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[NDArray[np.uint8], dict[str, Any]]:
        """Starts with a colour drawn from the seed."""
        super().reset(seed=seed)
        self.steps = self.right = 0
        return self._show(), {"outcome": "none"}

    def step(self, action: int) -> tuple[NDArray[np.uint8], float, bool, bool, dict[str, Any]]:
        """Counts the right answers of five."""
        reward = float(action == 1 + self.blue)
        self.steps += 1
        self.right += int(reward)
        outcome = "success" if self.right == 3 else "none"
        return self._show(), reward, self.right == 3, self.steps == 5, {"outcome": outcome}

    def _show(self) -> NDArray[np.uint8]:
        self.blue = int(self.np_random.integers(2))
        picture = np.zeros((32, 32, 3), np.uint8)
        picture[..., 2 * self.blue] = 255
        return picture


gymnasium.register("Colours-v0", Colours)
