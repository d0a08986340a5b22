"""What makes one scripted player unlike the next: the knobs of a hand, an eye and a head."""

from dataclasses import dataclass, fields
from typing import Self

import numpy as np

Range = tuple[float, float]


@dataclass(frozen=True)
class Temper:
    """How one player plays.

    Args:
        noise: Size of every error, 1 is usual: of the aim, of the hand, of the place aimed at.
        detour: How far its ways may be from the shortest, 1 is usual: where doors are passed, how wide a bend is.
        delay: Steps between seeing and doing (0.1 s each).
        overshoot: Share of its own turns under way that a player forgets, 0 to 1; what is forgotten is turned twice.
        pace: Push of the left stick, 0 to 1.
        swing: Fastest turn of the camera, as a share of the right stick's throw.
        sidle: Share of a small error of direction made good by the left stick, 0 to 1, and not by the camera.
        lookahead: Map units ahead on its way at which a player aims; few is nervous, many cuts corners.
        hops: Jumps a step.
        lapses: Pauses a step.
        warm_up: Steps of play before the run; 0 or less is none.
    """

    noise: float = 1.0
    detour: float = 1.0
    delay: float = 1.0
    overshoot: float = 0.2
    pace: float = 0.9
    swing: float = 0.65
    sidle: float = 0.6
    lookahead: float = 200.0
    hops: float = 0.003
    lapses: float = 0.0
    warm_up: float = 0.0

    @classmethod
    def draw(cls, rng: np.random.Generator, **ranges: Range) -> Self:
        """Draws a temper.

        Args:
            rng: Where it comes from.
            **ranges: Lowest and highest value of a knob; it is uniform between them. Others keep their default.

        Returns:
            The temper.
        """
        drawn = rng.uniform(size=len(fields(cls)))  # one draw a knob, so that the range of one moves no other
        shares = {field.name: share for field, share in zip(fields(cls), drawn, strict=True)}
        return cls(**{name: float(low + (high - low) * shares[name]) for name, (low, high) in ranges.items()})
