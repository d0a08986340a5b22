"""Ways across the launch island: through its doors, around its pillars, each player a little differently."""

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from padzoo.envs.island.plan import HALL, HEADLANDS, NECK, PILLAR_RADIUS, PILLARS, SIDE_YARD

Path = NDArray[np.float64]  # points (K, 2)

# The rooms are a tree: every way goes up from one room towards the hall and down again to the other.
_TOWARDS_HALL: Final = {"left yard": "yard", "right yard": "yard", "yard": "neck", "neck": "hall"}
_DOORS: Final[dict[str, tuple[tuple[float, float], tuple[float, float]]]] = {  # from the left post to the right post
    "left yard": ((-365, -20), (-365, 80)),
    "right yard": ((365, -20), (365, 80)),
    "yard": ((-90, 395), (90, 395)),
    "neck": ((-90, 815), (90, 815)),
}
CLEARANCE: Final = PILLAR_RADIUS + 16 + 24  # a body is 16 wide to each side; people leave about as much again
STEP: Final = 30.0  # map units between two points of a route


def room(x: float, y: float) -> str:
    """Names the room of a point: `yard`, `left yard`, `right yard`, `neck` or `hall`."""
    if y >= HALL[0][1]:
        return "hall"
    if y >= NECK[0][1] - 72:  # the steps are part of the neck
        return "neck"
    if abs(x) > SIDE_YARD[1][0] - 35:
        return "right yard" if x > 0 else "left yard"
    return "yard"


def _to_hall(name: str) -> list[str]:
    names = [name]
    while names[-1] in _TOWARDS_HALL:
        names.append(_TOWARDS_HALL[names[-1]])
    return names


def _doors(start: str, goal: str) -> list[str]:
    up, down = _to_hall(start), _to_hall(goal)
    return [name for name in up if name not in down] + [name for name in reversed(down) if name not in up]


def _around_pillars(path: list[Path], rng: np.random.Generator) -> list[Path]:
    """Adds a corner beside each pillar that a leg would touch, on the nearer side or, if it is a toss-up, on either."""
    bent = [path[0]]
    for end in path[1:]:
        leg = end - bent[-1]
        length = float(np.hypot(*leg)) + 1e-9
        along, side = leg / length, np.array([leg[1], -leg[0]]) / length
        corners = []
        for pillar in np.asarray(PILLARS):
            reach, miss = float((pillar - bent[-1]) @ along), float((pillar - bent[-1]) @ side)
            if 0 < reach < length and abs(miss) < CLEARANCE:
                way = 1.0 if miss + rng.normal(0, 12) < 0 else -1.0
                corners.append((reach, pillar + way * CLEARANCE * side))
        bent += [corner for _, corner in sorted(corners, key=lambda found: found[0])]
        bent.append(end)
    return bent


def _turned(first: Path, second: Path, third: Path) -> bool:
    (ax, ay), (bx, by) = second - first, third - first
    return bool(ax * by - ay * bx > 0)


def _around_headlands(path: list[Path]) -> list[Path]:
    """Adds a corner in front of each headland between two pads that a leg would cross."""
    bent = [path[0]]
    for end in path[1:]:
        corners = []
        for tip, root in np.asarray(HEADLANDS):
            out = (tip - root) / np.hypot(*(tip - root))
            before = tip + CLEARANCE * out
            ends = _turned(before, root, bent[-1]) != _turned(before, root, end)
            if ends and _turned(bent[-1], end, before) != _turned(bent[-1], end, root):
                corners.append(before)
        bent += sorted(corners, key=lambda corner: float(np.hypot(*(corner - bent[-1]))))
        bent.append(end)
    return bent


def _rounded(path: list[Path]) -> Path:
    """Puts a point every `STEP` units and rounds the corners, as a running person does."""
    corners = np.asarray(path, dtype=np.float64)
    lengths = np.concatenate([[0], np.hypot(*np.diff(corners, axis=0).T).cumsum()])
    at = np.linspace(0, lengths[-1], max(2, int(lengths[-1] / STEP) + 1))
    points = np.stack([np.interp(at, lengths, corners[:, axis]) for axis in (0, 1)], axis=1)
    for _ in range(6):
        points[1:-1] = (points[:-2] + 2 * points[1:-1] + points[2:]) / 4
    return points


def route(start: ArrayLike, goal: ArrayLike, rng: np.random.Generator, spread: float = 1.0) -> Path:
    """Draws one way from a point to another.

    Args:
        start: Where the way begins, `(x, y)`.
        goal: Where it ends, `(x, y)`.
        rng: Draws where the doors are passed, how the last leg bends, and the side of a pillar.
        spread: How much ways differ: 0 is the shortest way, 1 what people do, more for the undecided.

    Returns:
        Points from start to goal, about 30 map units apart, `(K, 2)`.
    """
    first, last = np.asarray(start, dtype=np.float64), np.asarray(goal, dtype=np.float64)
    path = [first]
    for door in _doors(room(*first), room(*last)):
        left, right = np.asarray(_DOORS[door])
        path.append(left + (right - left) * float(np.clip(rng.normal(0.5, 0.25 * spread), 0, 1)))
    leg = last - path[-1]
    bow = float(np.clip(rng.normal(0, 0.06 * spread), -0.15, 0.15))
    path += [path[-1] + 0.5 * leg + bow * np.array([leg[1], -leg[0]]), last]
    return _rounded(_around_pillars(_around_headlands(path), rng))
