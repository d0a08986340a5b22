"""Other people's games on the gamepad: any Gymnasium environment with an image observation."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import gymnasium
import numpy as np
from gymnasium.spaces import Box, Dict, Discrete, MultiBinary, MultiDiscrete, Space
from numpy.typing import NDArray

from padzoo.core import gamepad
from padzoo.envs.area import AreaReduction

Translate = Callable[[NDArray[np.int64]], Any]
OUTCOMES: Final = ("none", "success")  # of a game that declares none
_BUTTONS: Final = len(gamepad.BUTTONS)
_IMAGES: Final = ((2,), (3, 1), (3, 3))  # dimensions and channels of what counts as an image


def _discrete(space: Discrete[Any], name: str) -> Translate:
    """Action 0 is no button; action k is the k-th button, the first that is held counts."""
    if space.n > _BUTTONS + 1:
        raise ValueError(f"{name}: {space} has too many actions; allowed are at most {_BUTTONS + 1}")

    def translate(action: NDArray[np.int64]) -> Any:
        held = np.flatnonzero(action[: min(_BUTTONS, int(space.n) - 1)])
        return space.dtype.type(space.start + (held[0] + 1 if held.size else 0))

    return translate


def _multi_binary(space: MultiBinary, name: str) -> Translate:
    """Entry k is button k."""
    if len(space.shape) != 1 or space.shape[0] > _BUTTONS:
        raise ValueError(f"{name}: {space} has too many buttons; allowed are at most {_BUTTONS} in one row")
    return lambda action: action[: space.shape[0]].astype(np.int8)


def _multi_discrete(space: MultiDiscrete, name: str) -> Translate:
    """Components of two choices are buttons, wider ones are sticks whose buckets are shared out evenly."""
    wide = [int(n) > 2 for n in space.nvec.ravel()]
    if space.nvec.ndim != 1 or sum(wide) > len(gamepad.AXES) or len(wide) - sum(wide) > _BUTTONS:
        raise ValueError(f"{name}: {space} does not fit; allowed are {_BUTTONS} components of 2 and 4 wider ones")
    rank = [sum(w == is_wide for w in wide[:index]) for index, is_wide in enumerate(wide)]
    source = np.array([_BUTTONS + r if is_wide else r for r, is_wide in zip(rank, wide, strict=True)])
    buckets = np.where(wide, gamepad.BUCKETS, 2)

    def translate(action: NDArray[np.int64]) -> Any:
        chosen = np.minimum(action[source] * space.nvec // buckets, space.nvec - 1)
        return (space.start + chosen).astype(space.dtype)

    return translate


def _box(space: Box, name: str) -> Translate:
    """Number k is stick axis k: from its lowest value at bucket 0 to its highest at bucket 10."""
    if len(space.shape) != 1 or space.shape[0] > len(gamepad.AXES) or not space.is_bounded():
        raise ValueError(f"{name}: {space} does not fit; allowed are 1 to 4 bounded numbers")
    low, high = space.low.astype(float), space.high.astype(float)

    def translate(action: NDArray[np.int64]) -> Any:
        pushed = action[_BUTTONS : _BUTTONS + space.shape[0]] / (gamepad.BUCKETS - 1)
        return (low + (high - low) * pushed).astype(space.dtype)

    return translate


def _translation(space: Space[Any], name: str) -> Translate:
    if isinstance(space, Discrete):
        return _discrete(space, name)
    if isinstance(space, MultiBinary):
        return _multi_binary(space, name)
    if isinstance(space, MultiDiscrete):
        return _multi_discrete(space, name)
    if isinstance(space, Box):
        return _box(space, name)
    raise ValueError(f"{name}: action space {space}; allowed are Discrete, MultiBinary, MultiDiscrete and Box")


def _picture(space: Space[Any]) -> tuple[str, Box] | None:
    """Finds the picture in an observation: the space itself, or the first image in a dictionary (`""` is itself)."""
    if isinstance(space, Dict):
        found = ((key, _picture(part)) for key, part in space.spaces.items())
        return next(((key, inner[1]) for key, inner in found if inner and not inner[0]), None)
    if isinstance(space, Box) and space.dtype == np.uint8 and (len(space.shape), *space.shape[2:]) in _IMAGES:
        return "", space
    return None


class GamepadAdapter(
    gymnasium.Wrapper[NDArray[np.uint8], NDArray[np.int64], Any, Any], gymnasium.utils.RecordConstructorArgs
):
    """Lets a foreign environment be played with the gamepad and seen as a square colour picture.

    Actions: of a Discrete space, 0 is no button and k the k-th button of `gamepad.BUTTONS` (the first held counts); a
    MultiBinary space's entries are the buttons in order; of a MultiDiscrete space, components of two choices are the
    buttons in order and wider ones the stick axes in order; a Box of 1 to 4 numbers is the stick axes in order, lowest
    to highest value. What the game has no use for is ignored.

    Observations: a uint8 image `(H, W, 3)`, `(H, W, 1)` or `(H, W)`, itself or the first one in a Dict; without one,
    the picture that the environment renders (`rgb_array`). It is reduced by area to a square.

    Outcome: a game that declares its `outcomes`, a tuple of names with failure first, says in `info["outcome"]` which
    it is. For any other it is `success` when the episode has ended and `info["is_success"]` says so or, where there is
    none, the sum of its rewards is above `success`; else `none`. Reset options go to the game as they are.

    Args:
        env: The environment.
        size: Rows and columns of an observation.
        success: The sum of rewards above which an episode is a success.

    Raises:
        ValueError: If its action space does not fit the gamepad, or it gives no picture.
    """

    def __init__(self, env: gymnasium.Env[Any, Any], size: int = 128, success: float = 0.0) -> None:
        gymnasium.utils.RecordConstructorArgs.__init__(self, size=size, success=success)
        super().__init__(env)
        name = env.spec.id if env.spec else type(env.unwrapped).__name__
        self._translate = _translation(env.action_space, name)
        picture = _picture(env.observation_space)
        if picture is None and env.render_mode != "rgb_array":
            raise ValueError(f"{name}: no uint8 image in its observations; allowed is also render_mode='rgb_array'")
        self._key = picture[0] if picture else None
        self._size = size
        self._success = success
        self._tells = env.has_wrapper_attr("outcomes")
        self.outcomes: tuple[str, ...] = env.get_wrapper_attr("outcomes") if self._tells else OUTCOMES
        self._return = 0.0
        self._reduce: dict[tuple[int, int], AreaReduction] = {}
        self.observation_space = Box(0, 255, (size, size, 3), np.uint8)
        self.action_space = gamepad.action_space()

    def reset(
        self, *, seed: int | None = None, options: Mapping[str, Any] | None = None
    ) -> tuple[NDArray[np.uint8], dict[str, Any]]:
        """Starts an episode; see `gymnasium.Env.reset`. The info has `outcome` `none`, or the game's own."""
        observation, info = self.env.reset(seed=seed, options=dict(options) if options else None)
        self._return = 0.0
        return self._see(observation), self._tell(info, success=False)

    def step(self, action: NDArray[np.int64]) -> tuple[NDArray[np.uint8], float, bool, bool, dict[str, Any]]:
        """Plays one step; see `gymnasium.Env.step`.

        Args:
            action: A gamepad action `(16,)`.

        Returns:
            Observation `(size, size, 3)`, reward, terminated, truncated, info with `outcome`.
        """
        observation, reward, terminated, truncated, info = self.env.step(self._translate(np.asarray(action)))
        self._return += float(reward)
        success = (terminated or truncated) and bool(info.get("is_success", self._return > self._success))
        return self._see(observation), float(reward), terminated, truncated, self._tell(info, success)

    def _tell(self, info: dict[str, Any], success: bool) -> dict[str, Any]:
        return info if self._tells else {**info, "outcome": OUTCOMES[success]}

    def _see(self, observation: Any) -> NDArray[np.uint8]:
        if self._key is None:
            observation = self.env.render()
        elif self._key:
            observation = observation[self._key]
        picture = np.asarray(observation, np.uint8)
        picture = np.broadcast_to(picture.reshape(*picture.shape[:2], -1), (*picture.shape[:2], 3))
        shape = (picture.shape[0], picture.shape[1])
        if shape not in self._reduce:
            self._reduce[shape] = AreaReduction(*shape, self._size)
        return self._reduce[shape](picture.transpose(2, 0, 1))


def adapt(env: gymnasium.Env[Any, Any], size: int = 128, success: float = 0.0) -> gymnasium.Env[Any, Any]:
    """Returns the environment as it is if nothing about it is foreign, else a `GamepadAdapter` around it.

    Nothing is foreign where the action space is the gamepad's, observations are uint8 `(size, size, 3)`, and the game
    declares its `outcomes`.

    Args:
        env: Any Gymnasium environment with an image observation.
        size: Rows and columns of an observation.
        success: See `GamepadAdapter`.

    Raises:
        ValueError: If it cannot be adapted.
    """
    seen = env.observation_space == Box(0, 255, (size, size, 3), np.uint8)
    native = seen and env.action_space == gamepad.action_space() and env.has_wrapper_attr("outcomes")
    return env if native else GamepadAdapter(env, size, success)


def make(name: str, **env_args: Any) -> gymnasium.Env[Any, Any]:
    """Makes a registered game, ours or not, ready for the gamepad.

    Args:
        name: A Gymnasium id; `module:id` imports the module that registers it first.
        **env_args: The game's own arguments; where the game is not ours, `size` and `success` are the adapter's.

    Raises:
        ValueError: If no such game is registered, it does not take these arguments, or it cannot be adapted.
    """
    ours = name.startswith("padzoo/")
    adapter = {} if ours else {key: env_args.pop(key) for key in ("size", "success") if key in env_args}
    try:
        env = gymnasium.make(name, disable_env_checker=True, **env_args)
    except (gymnasium.error.UnregisteredEnv, ModuleNotFoundError) as error:
        raise ValueError(f"game {name!r}: {error}") from error
    except TypeError as error:  # an argument that it does not have, or a value of another type
        unknown = re.search(r"unexpected keyword argument ('\w+')", str(error))
        reason = f"it has no argument {unknown[1]}" if unknown else f"env_args {env_args}: {error}"
        raise ValueError(f"game {name!r}: {reason}") from error
    return env if ours else adapt(env, **adapter)
