"""What the right stick does to the camera: fine near its centre, fast at full throw, as in most games."""

import math
from typing import Final

TURN: Final = 15.0  # degrees a tic at full throw
LOOK: Final = 5.0  # degrees a tic at full throw


def speed(deflection: float) -> float:
    """Returns how fast a stick moves the camera: the square of its deflection.

    One bucket of five turns 2.1 degrees a step of 3.5 tics; a straight line would turn 10.5, too coarse to aim with.

    Args:
        deflection: Push of the stick, -1 to 1.

    Returns:
        Share of the fastest, -1 to 1.
    """
    return math.copysign(deflection**2, deflection)


def deflection(share: float) -> float:
    """Returns how far to push a stick for a speed.

    Args:
        share: Share of the fastest, any size.

    Returns:
        Push of the stick; beyond -1 to 1 where the speed cannot be had.
    """
    return math.copysign(math.sqrt(abs(share)), share)
