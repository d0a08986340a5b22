"""The gamepad in the actions of other games: what a button or a stick does in a Gymnasium action space."""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from gymnasium.spaces import Box, Discrete, MultiBinary, MultiDiscrete, Space
from numpy.typing import NDArray

from padzoo.core import gamepad
from padzoo.envs.contract import Refused

Translate = Callable[[NDArray[np.int64]], Any]
_BUTTONS: Final = len(gamepad.BUTTONS)
_STICKS: Final = len(gamepad.AXES)


def translation(space: Space[Any]) -> Translate:
    """Returns what makes a game's own action of a gamepad action `(16,)`.

    Of a Discrete space, 0 is no button and k the k-th button of `gamepad.BUTTONS` (the first held counts). A
    MultiBinary space's entries are the buttons in order. Of a MultiDiscrete space, components of two choices are the
    buttons in order and wider ones the stick axes in order. A Box of 1 to 4 numbers is the stick axes in order, lowest
    to highest value. What the game has no use for is ignored.

    Args:
        space: The game's action space.

    Raises:
        Refused: If it does not fit the gamepad.
    """
    if isinstance(space, Discrete):
        return _discrete(space)
    if isinstance(space, MultiBinary):
        return _multi_binary(space)
    if isinstance(space, MultiDiscrete):
        return _multi_discrete(space)
    if isinstance(space, Box):
        return _box(space)
    raise Refused(f"action space {space}; allowed are Discrete, MultiBinary, MultiDiscrete and Box")


def _discrete(space: Discrete[Any]) -> Translate:
    if space.n > _BUTTONS + 1:
        raise Refused(f"action space {space} has too many actions; allowed are at most {_BUTTONS + 1}")

    def translate(action: NDArray[np.int64]) -> Any:
        held = np.flatnonzero(action[: min(_BUTTONS, int(space.n) - 1)])
        return space.dtype.type(space.start + (held[0] + 1 if held.size else 0))

    return translate


def _multi_binary(space: MultiBinary) -> Translate:
    if len(space.shape) != 1 or space.shape[0] > _BUTTONS:
        raise Refused(f"action space {space} has too many buttons; allowed are at most {_BUTTONS} in one row")
    return lambda action: action[: space.shape[0]].astype(np.int8)


def _multi_discrete(space: MultiDiscrete) -> Translate:
    wide = [int(n) > 2 for n in space.nvec.ravel()]
    if space.nvec.ndim != 1 or sum(wide) > _STICKS or len(wide) - sum(wide) > _BUTTONS:
        raise Refused(f"action space {space}; allowed are {_BUTTONS} components of 2 and {_STICKS} wider ones")
    rank = [sum(w == is_wide for w in wide[:index]) for index, is_wide in enumerate(wide)]
    source = np.array([_BUTTONS + r if is_wide else r for r, is_wide in zip(rank, wide, strict=True)])
    buckets = np.where(wide, gamepad.BUCKETS, 2)
    finer = space.nvec > buckets  # than a stick: its buckets reach from the first choice to the last

    def translate(action: NDArray[np.int64]) -> Any:
        shared = np.minimum(action[source] * space.nvec // buckets, space.nvec - 1)
        spread = np.rint(action[source] * (space.nvec - 1) / (buckets - 1)).astype(int)
        return (space.start + np.where(finer, spread, shared)).astype(space.dtype)

    return translate


def _box(space: Box) -> Translate:
    if len(space.shape) != 1 or not 1 <= space.shape[0] <= _STICKS or not space.is_bounded():
        raise Refused(f"action space {space}; allowed are 1 to {_STICKS} bounded numbers")
    low, high = space.low.astype(float), space.high.astype(float)
    whole = np.issubdtype(space.dtype, np.integer)

    def translate(action: NDArray[np.int64]) -> Any:
        pushed = action[_BUTTONS : _BUTTONS + space.shape[0]] / (gamepad.BUCKETS - 1)
        value = np.clip(low * (1 - pushed) + high * pushed, low, high)  # rounding may go beyond
        return (np.rint(value) if whole else value).astype(space.dtype)

    return translate
