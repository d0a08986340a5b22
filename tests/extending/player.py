"""A player of one's own: it walks in circles. `padzoo demos --player player.Circler --episodes 2 --out circles`."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from padzoo.core.gamepad import COMPONENTS, NEUTRAL
from padzoo.envs.player import Acted, Player


class Circler(Player):
    """Pushes one stick forwards and the other to a side that its seed decides."""

    def __init__(self, seed: int) -> None:
        self.action = np.array(NEUTRAL)
        self.action[COMPONENTS.index("left_y")] = 10
        self.action[COMPONENTS.index("right_x")] = 2 if seed % 2 else 8

    def act(self, frames: NDArray[np.uint8], rows: Sequence[int], infos: Sequence[Mapping[str, Any]] = ()) -> Acted:
        """Does the same in every game, whatever it shows."""
        return Acted(np.stack([self.action] * len(rows)))
