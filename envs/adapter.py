"""Other people's games on the gamepad: any Gymnasium environment with a picture."""

import importlib
import re
from collections.abc import Mapping
from typing import Any, Final

import gymnasium
import numpy as np
from gymnasium.spaces import Box
from numpy.typing import NDArray

from padzoo.core import gamepad
from padzoo.envs import contract
from padzoo.envs.contract import asking, describe
from padzoo.envs.gamepad_translation import translation
from padzoo.envs.picture import Picture

OURS: Final = "padzoo/"  # games of this namespace are made for the gamepad
OUTCOMES: Final = ("none", "success")  # of a game that declares none


class GamepadAdapter(
    gymnasium.Wrapper[NDArray[np.uint8], NDArray[np.int64], Any, Any], gymnasium.utils.RecordConstructorArgs
):
    """Lets a foreign environment be played with the gamepad and seen as a square colour picture.

    Actions: see `padzoo.envs.gamepad_translation`. Observations: see `padzoo.envs.picture`.

    Outcome: a game that declares its `outcomes`, a tuple of names with failure first, says in `info["outcome"]` which
    it is. For any other it is `success` when the episode has ended and `info["is_success"]` says so or, where there is
    none, the sum of its rewards is above `success`; else `none`. Reset options go to the game as they are.

    What the game answers is checked (`padzoo.envs.contract`), and whatever it raises is a `ValueError` of one line.

    Args:
        env: The environment.
        size: Rows and columns of an observation.
        picture: The picture's name, see `padzoo.envs.picture.Picture`; None leaves the choice to the names.
        success: The sum of rewards above which an episode is a success.

    Raises:
        ValueError: If its action space does not fit the gamepad, or it gives no picture.
    """

    def __init__(
        self, env: gymnasium.Env[Any, Any], size: int = 128, picture: str | None = None, success: float = 0.0
    ) -> None:
        gymnasium.utils.RecordConstructorArgs.__init__(self, size=size, picture=picture, success=success)
        super().__init__(env)
        self._name = env.spec.id if env.spec else type(env.unwrapped).__name__
        with asking(self._name, "cannot be adapted"):
            contract.check_reset(env)
            self._translate = translation(env.action_space)
            self._see = Picture(env.observation_space, size, picture, env.render_mode == "rgb_array")
            self._declared = contract.outcomes(env)
        self.outcomes = self._declared or OUTCOMES
        self._success = success
        self._return = 0.0
        self.observation_space = Box(0, 255, (size, size, 3), np.uint8)
        self.action_space = gamepad.action_space()

    def reset(
        self, *, seed: int | None = None, options: Mapping[str, Any] | None = None
    ) -> tuple[NDArray[np.uint8], dict[str, Any]]:
        """Starts an episode; see `gymnasium.Env.reset`. The info has `outcome` `none`, or the game's own."""
        with asking(self._name, "reset"):
            answer = self.env.reset(seed=seed, options=dict(options) if options else None)
            observation, info = contract.started(answer)
            self._return = 0.0
            return self._see(observation, self.env.render), self._tell(info, False, False)

    def step(self, action: NDArray[np.int64]) -> tuple[NDArray[np.uint8], float, bool, bool, dict[str, Any]]:
        """Plays one step; see `gymnasium.Env.step`.

        Args:
            action: A gamepad action `(16,)`.

        Returns:
            Observation `(size, size, 3)`, reward, terminated, truncated, info with `outcome`.
        """
        with asking(self._name, "step"):
            answer = self.env.step(self._translate(np.asarray(action)))
            observation, reward, terminated, truncated, info = contract.stepped(answer)
            self._return += reward
            info = self._tell(info, terminated, truncated)
            return self._see(observation, self.env.render), reward, terminated, truncated, info

    def _tell(self, info: dict[str, Any], terminated: bool, truncated: bool) -> dict[str, Any]:
        if self._declared:
            return {**info, "outcome": contract.outcome(info, self._declared, terminated, truncated)}
        success = (terminated or truncated) and self._succeeded(info)
        return {**info, "outcome": OUTCOMES[success]}

    def _succeeded(self, info: dict[str, Any]) -> bool:
        if info.get("is_success") is None:
            return self._return > self._success
        return contract.flag("info['is_success']", info["is_success"])


def make(
    name: str,
    args: Mapping[str, Any] | None = None,
    size: int = 128,
    picture: str | None = None,
    success: float = 0.0,
) -> gymnasium.Env[Any, Any]:
    """Makes a registered game, ours or not, ready for the gamepad.

    Args:
        name: A Gymnasium id; `module:id` imports the module that registers it first.
        args: The game's own arguments.
        size: Rows and columns of an observation.
        picture: See `GamepadAdapter`, for games of others.
        success: See `GamepadAdapter`, for games of others.

    Raises:
        ValueError: If no such game is registered, it does not take these arguments, or it cannot be adapted.
    """
    args = dict(args or {})
    if not name.startswith(OURS):
        return _adapted(_build(name, args), size, picture, success)
    if picture is not None or success:
        raise ValueError(f"game {name!r}: picture {picture!r}, success {success:g}: allowed for games of others only")
    return _build(name, {**args, "size": size})


def _adapted(env: gymnasium.Env[Any, Any], size: int, picture: str | None, success: float) -> GamepadAdapter:
    try:
        return GamepadAdapter(env, size, picture, success)
    except ValueError:
        env.close()
        raise


def _build(name: str, args: dict[str, Any]) -> gymnasium.Env[Any, Any]:
    module, _, plain = name.rpartition(":")
    try:
        if module:
            importlib.import_module(module)
        if re.search(r"-v\d+$", plain):
            gymnasium.spec(plain)  # of a version that is gone `make` would print a warning before it says so
        return gymnasium.make(plain, disable_env_checker=True, **args)
    except TypeError as error:  # an argument that it does not have, or a value of another type
        unknown = re.search(r"unexpected keyword argument '(\w+)'", str(error))
        if unknown and unknown[1] in args:
            raise ValueError(f"game {name!r}: it has no argument {unknown[1]!r}") from error
        given = f"env_args {args}: " if args else ""
        raise ValueError(f"game {name!r}: {given}{error}") from error
    except (gymnasium.error.Error, ImportError) as error:  # not registered, too old, a library that is missing
        raise ValueError(f"game {name!r}: {error}") from error
    except (Exception, SystemExit) as error:
        if name.startswith(OURS):  # its own words name the value and what is allowed
            raise
        raise ValueError(f"game {name!r}: {describe(error)}") from error
