"""Who plays the game of colours, and what is good there."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from padzoo.core.episode import Episode
from padzoo.core.gamepad import NEUTRAL
from padzoo.core.trajectory import TrajectorySummary
from padzoo.envs.player import Acted, Player


class Expert(Player):
    """Presses the button that the colour asks for."""

    errors = 0.0

    def __init__(self, seed: int) -> None:
        self.random: dict[int, np.random.Generator] = {}

    def reset(self, rows: Sequence[int], episodes: Sequence[Episode]) -> None:
        """Takes the draws of its episode, which are not the game's."""
        for row, episode in zip(rows, episodes, strict=True):
            self.random[row] = np.random.default_rng((1, episode.start.seed, episode.draw))

    def act(self, frames: NDArray[np.uint8], rows: Sequence[int], infos: Sequence[Mapping[str, Any]] = ()) -> Acted:
        """Looks at one pixel."""
        actions = np.tile(np.array(NEUTRAL), (len(rows), 1))  # (n, 16)
        for action, frame, row in zip(actions, frames, rows, strict=True):
            blue, errs = frame[0, 0, 2] > 127, self.random[row].random() < self.errors
            action[int(blue ^ errs)] = 1
        return Acted(actions)


class Novice(Expert):
    """Errs in two of five steps."""

    errors = 0.4


def quick_success(summary: TrajectorySummary) -> tuple[bool, int]:
    """Ranks a success before a failure, then the shorter one."""
    return summary.meta["outcome"] == "success", -summary.length
