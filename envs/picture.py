"""The picture of somebody else's game: which part of its observations that is, and how a policy sees it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
from gymnasium.spaces import Box, Dict, Space, Tuple
from numpy.typing import NDArray

from padzoo.envs.area import AreaReduction
from padzoo.envs.contract import Refused

NAMES: Final = ("rgb", "image", "pixels", "screen")  # of the picture among several, the first that there is
WHOLE: Final = "observation"  # an observation that is no dictionary
RENDERED: Final = "render"
SMALLEST: Final = 8  # pixels a side, unless it is asked for: smaller ones are boards and tables
_ALLOWED: Final = "pictures (H, W, 3), (H, W, 1), (H, W), (3, H, W) or (1, H, W), uint8 or 0 to 255, 0 to 1, -1 to 1"
Path = tuple[Any, ...]


@dataclass(frozen=True)
class Layout:
    """How a space holds a picture.

    Args:
        shape: As the space says it.
        axis: Which axis is that of the colours, 0 or 2; None if there is none.
        whole: Whether values are stored as uint8.
        low: The darkest value.
        high: The brightest value.
    """

    shape: tuple[int, ...]
    axis: int | None
    whole: bool
    low: float
    high: float

    @classmethod
    def of(cls, space: Box) -> Self | None:
        """Returns the layout of a space; None if it holds no picture."""
        shape, whole = space.shape, space.dtype == np.uint8
        axis = next((axis for axis in (2, 0) if len(shape) == 3 and shape[axis] in (1, 3)), None)
        if len(shape) != 2 and axis is None:
            return None
        low, high = float(space.low.min()), float(space.high.max())
        if whole:
            low, high = 0.0, 1.0 if high <= 1 else 255.0
        return cls(shape, axis, whole, low, high) if (low, high) in ((0, 255), (0, 1), (-1, 1)) else None

    @property
    def sides(self) -> tuple[int, ...]:
        """Height and width."""
        return tuple(length for axis, length in enumerate(self.shape) if axis != self.axis)

    def read(self, picture: Any) -> NDArray[np.uint8]:
        """Returns a picture as colour planes, uint8 `(3, H, W)`.

        Args:
            picture: As the game gave it; height and width may be others than the space says.

        Raises:
            Refused: If it is none of the kind that the space says.
        """
        found = np.asarray(picture)
        like = found.ndim == len(self.shape) and (self.axis is None or found.shape[self.axis] == self.shape[self.axis])
        if not like or not found.size or found.dtype.kind not in ("biu" if self.whole else "biuf"):
            kind = "uint8" if self.whole else "numbers"
            raise Refused(f"its picture is {found.dtype} {found.shape}, where its space says {kind} {self.shape}")
        if found.dtype != np.uint8 or self.high != 255:
            found = self._stretch(found)
        planes = found if self.axis == 0 else found.transpose(2, 0, 1) if self.axis == 2 else found[None]
        return np.broadcast_to(planes, (3, *planes.shape[1:]))

    def _stretch(self, found: NDArray[Any]) -> NDArray[np.uint8]:
        darkest, brightest = found.min(), found.max()
        if not (self.low - 1e-3 <= darkest and brightest <= self.high + 1e-3):  # NaN is nowhere
            raise Refused(
                f"its picture has values from {darkest:g} to {brightest:g}, where its space says {self.low:g} to "
                f"{self.high:g}"
            )
        light = (found.astype(np.float64) - self.low) * (255 / (self.high - self.low))
        return np.rint(light).clip(0, 255).astype(np.uint8)


class Picture:
    """Finds the picture in a game's observations, and reduces it by area to a square.

    It is the one that is asked for; else the only one; else that of several whose name comes first in `NAMES`; and if
    there is none, what the game renders.

    Args:
        space: The observation space.
        size: Rows and columns of the square.
        wanted: The picture's name: its key in a dictionary, dotted in dictionaries of dictionaries; `observation`, or
            `render` for what the game renders. None leaves the choice to the names.
        renders: Whether the game renders pictures.

    Raises:
        Refused: If there is no such picture, or several and none is asked for.
    """

    def __init__(self, space: Space[Any], size: int, wanted: str | None = None, renders: bool = False) -> None:
        parts = {".".join(map(str, path)) or WHOLE: (path, box) for path, box in _boxes(space)}
        layouts = {name: Layout.of(box) for name, (_, box) in parts.items()}
        name = _choose(layouts, wanted, renders)
        if name == RENDERED and not renders:
            raise Refused(f"no picture in its observations, {space}; allowed: {_ALLOWED}; or render_mode 'rgb_array'")
        self._path: Path | None = None if name == RENDERED else parts[name][0]
        self._layout = None if name == RENDERED else layouts[name]
        self._size = size
        self._reduce: dict[tuple[int, ...], AreaReduction] = {}

    def __call__(self, observation: Any, render: Callable[[], Any]) -> NDArray[np.uint8]:
        """Returns what a policy sees, `(size, size, 3)`.

        Args:
            observation: The game's own observation.
            render: Gives what it renders.

        Raises:
            Refused: If the game does not give what its space says.
        """
        planes = self._render(render()) if self._path is None else self._find(observation)
        shape = planes.shape[1:]
        if shape not in self._reduce:
            self._reduce[shape] = AreaReduction(shape[0], shape[1], self._size)
        return self._reduce[shape](planes)

    def _find(self, observation: Any) -> NDArray[np.uint8]:
        assert self._path is not None
        assert self._layout is not None
        for key in self._path:
            observation = observation[key]
        return self._layout.read(observation)

    def _render(self, rendered: Any) -> NDArray[np.uint8]:
        found = np.asarray(rendered)
        if found.ndim == 3 and found.shape[2] == 4:
            found = found[..., :3]  # without its alpha channel
        if found.dtype != np.uint8 or found.ndim != 3 or found.shape[2] not in (1, 3) or not found.size:
            raise Refused(f"it renders {found.dtype} {found.shape}; allowed: uint8 (H, W, 3)")
        return np.broadcast_to(found.transpose(2, 0, 1), (3, *found.shape[:2]))


def _boxes(space: Space[Any], path: Path = ()) -> Iterator[tuple[Path, Box]]:
    """Yields the boxes in a space, each with the keys that lead to it."""
    if isinstance(space, Box):
        yield path, space
    elif isinstance(space, Dict | Tuple):
        parts = space.spaces.items() if isinstance(space, Dict) else enumerate(space.spaces)
        for key, part in parts:
            yield from _boxes(part, (*path, key))


def _choose(layouts: dict[str, Layout | None], wanted: str | None, renders: bool) -> str:
    found = [name for name, layout in layouts.items() if layout and min(layout.sides) >= SMALLEST]
    readable = [name for name, layout in layouts.items() if layout and all(layout.sides)]
    if wanted is not None:
        allowed = [*readable, RENDERED] if renders else readable
        if wanted not in allowed:
            raise Refused(f"picture {wanted!r}; allowed, as its observations have them: {', '.join(allowed) or 'none'}")
        return wanted
    if not found:
        return RENDERED
    ranks = {name: NAMES.index(last) for name in layouts if (last := name.rpartition(".")[2]) in NAMES}
    best = [name for name, rank in ranks.items() if rank == min(ranks.values())] or found
    if len(best) == 1 and best[0] in found:
        return best[0]
    raise Refused(
        f"several parts of its observations may be the picture: {', '.join(dict.fromkeys([*best, *found]))}; allowed: "
        f'to name it, as --env_args \'{{"picture": "NAME"}}\' or --game.picture NAME, one of {", ".join(readable)}'
    )
