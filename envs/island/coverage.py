"""How much of the island a set of recordings has seen: from which places, and which way."""

from collections import Counter
from typing import Final

import numpy as np
from numpy.typing import NDArray

from padzoo.envs.island.ground import standable
from padzoo.envs.island.plan import FLOORS, PADS, pad_at

CELL: Final = 64  # map units a side
OCTANTS: Final = 8  # of the heading; the first one's middle is east
ENOUGH: Final = 5  # frames that count as having seen a cell and octant
APART: Final = 10  # steps between two visits: who leaves a pad may be thrown up and come down on it once more

_ORIGIN: Final = np.floor(np.min([np.min(floor, axis=0) for floor in FLOORS], axis=0) / CELL).astype(int)
_SHAPE: Final = np.ceil(np.max([np.max(floor, axis=0) for floor in FLOORS], axis=0) / CELL).astype(int) - _ORIGIN


def walkable() -> NDArray[np.bool_]:
    """Says of every cell, `(columns, rows)`, whether a character can stand in its middle."""
    cells = np.moveaxis(np.indices(tuple(_SHAPE)), 0, -1) + _ORIGIN
    return standable(((cells + 0.5) * CELL).reshape(-1, 2)).reshape(tuple(_SHAPE))


def visits(positions: NDArray[np.floating]) -> list[tuple[int, str]]:
    """Finds when a recording reaches which pad.

    Args:
        positions: x, y and heading, `(T, 3)`.

    Returns:
        Step and pad of every visit; on a pad again within a second is the same visit.
    """
    found: list[tuple[int, str]] = []
    last = -APART
    for step, (x, y) in enumerate(positions[:, :2]):
        pad = pad_at(float(x), float(y))
        if pad != "none":
            if step - last >= APART:
                found.append((step, pad))
            last = step
    return found


class Coverage:
    """Counts frames by cell of the map and octant of the heading, and visits by pad."""

    def __init__(self) -> None:
        self.walkable = walkable()
        self.counts = np.zeros((*_SHAPE, OCTANTS), dtype=np.int64)  # (columns, rows, octants)
        self.visits: Counter[str] = Counter(dict.fromkeys(PADS, 0))
        self.frames = 0

    def add(self, positions: NDArray[np.floating]) -> None:
        """Counts one recording.

        Args:
            positions: x, y and heading in degrees, `(T, 3)`.
        """
        column, row = (np.floor(positions[:, :2] / CELL).astype(int) - _ORIGIN).clip(0, _SHAPE - 1).T
        octant = np.rint(positions[:, 2] / (360 / OCTANTS)).astype(int) % OCTANTS
        np.add.at(self.counts, (column, row, octant), 1)
        self.visits.update(pad for _, pad in visits(positions))
        self.frames += len(positions)

    def __str__(self) -> str:
        cells = f"{self.walkable.sum() * OCTANTS:,} (place, heading) cells"
        return f"coverage: {100 * self.share:.1f} % of {cells} seen {ENOUGH} times or more in {self.frames:,} frames"

    @property
    def octants(self) -> NDArray[np.int64]:
        """How many octants of each cell are seen often enough, `(columns, rows)`; -1 where nobody can stand."""
        return np.asarray(np.where(self.walkable, (self.counts >= ENOUGH).sum(axis=-1), -1))

    @property
    def share(self) -> float:
        """Share of the walkable island's cells and octants that are seen often enough, 0 to 1."""
        return float((self.counts[self.walkable] >= ENOUGH).mean())

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """Map units from west to east and from south to north that the cells span."""
        (left, bottom), (right, top) = _ORIGIN * CELL, (_ORIGIN + _SHAPE) * CELL
        return float(left), float(right), float(bottom), float(top)
