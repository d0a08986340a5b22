"""A steady pace in real time."""

import time
from typing import Final

LATE: Final = 0.02  # seconds behind its time from which on a beat counts as late


class Metronome:
    """Beats at a steady pace; a beat that comes late moves all later ones, so that none is made up for in a hurry.

    Args:
        period: Seconds between beats.

    Attributes:
        late: Beats that came more than 20 ms late.
    """

    def __init__(self, period: float) -> None:
        self._period = period
        self._next = time.perf_counter() + period
        self.late = 0

    def wait(self) -> None:
        """Waits for the next beat."""
        ahead = self._next - time.perf_counter()
        if ahead > 0:
            time.sleep(ahead)
        elif ahead < -LATE:
            self.late += 1
            self._next -= ahead
        self._next += self._period
