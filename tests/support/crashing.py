"""A game of a few steps whose process dies at the first one in the second process of a training."""

import os
from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Box, Discrete

from padzoo.core.errors import GameCrashed


class Crashing(gymnasium.Env[Any, Any]):
    def __init__(self) -> None:
        self.observation_space = Box(0, 255, (64, 64, 3), np.uint8)
        self.action_space = Discrete(3)
        self.steps = 0

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        super().reset(seed=seed)
        self.steps = 0
        return self.observation_space.sample(), {}

    def step(self, action: Any) -> Any:
        if os.environ.get("LOCAL_RANK") == "1":
            raise GameCrashed("the second process's games crash")
        self.steps += 1
        return self.observation_space.sample(), 0.0, self.steps == 5, False, {}


gymnasium.register("Crashing-v0", Crashing)
