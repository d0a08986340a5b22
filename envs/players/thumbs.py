"""The hands of a scripted player: what it wants of the pad becomes late, shaky, sticky gamepad buckets."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from padzoo.core.gamepad import AXES, BUTTONS, CENTER, COMPONENTS
from padzoo.envs.players.drift import Drift

TREMOR_STEPS: Final = 5.0  # how long the error of a hand lasts: half a second
STICKY: Final = 0.55  # buckets a thumb must move away from the bucket it holds before another is read


@dataclass(frozen=True)
class Wish:
    """What a player wants of the gamepad for one step.

    Args:
        strafe: Left stick sideways, -1 (left) to 1 (right).
        forward: Left stick, -1 (backwards) to 1 (forwards).
        turn: Right stick sideways, -1 (left) to 1 (right).
        look: Right stick, -1 (down) to 1 (up).
        buttons: Names of the buttons to hold.
        rest: Steps to stand still after it.
    """

    strafe: float = 0.0
    forward: float = 0.0
    turn: float = 0.0
    look: float = 0.0
    buttons: Sequence[str] = ()
    rest: int = 0


class Thumbs:
    """Presses what a player wishes, with the inertia, tremor and stickiness of a hand.

    Args:
        rng: Where the tremor comes from.
        tremor: Standard deviation of the error of a stick that is off its centre, in parts of its full throw.
        lag: How much of the last position a thumb keeps a step, 0 (none) to 1 (never moves).
    """

    def __init__(self, rng: np.random.Generator, tremor: float, lag: float) -> None:
        self.tremor = Drift(rng, tremor, TREMOR_STEPS, len(AXES))
        self.lag = lag
        self.sticks = np.zeros(len(AXES))
        self.buckets = np.full(len(AXES), CENTER, dtype=np.int64)

    def press(self, wish: Wish) -> NDArray[np.int64]:
        """Moves the thumbs one step towards a wish.

        Args:
            wish: What the player wants.

        Returns:
            The gamepad action, `(16,)`.
        """
        wanted = np.clip((wish.strafe, wish.forward, wish.turn, wish.look), -1, 1)
        self.sticks = self.lag * self.sticks + (1 - self.lag) * wanted
        # A thumb at rest does not tremble a stick out of its centre: the spring holds it.
        held = np.minimum(1, 3 * np.abs(self.sticks))
        exact = CENTER + CENTER * np.clip(self.sticks + held * self.tremor.next(), -1, 1)
        moved = np.abs(exact - self.buckets) > STICKY
        self.buckets = np.where(moved, np.rint(exact), self.buckets).astype(np.int64)
        action = np.zeros(len(COMPONENTS), dtype=np.int64)
        for button in wish.buttons:
            action[BUTTONS.index(button)] = 1
        action[len(BUTTONS) :] = self.buckets
        return action
