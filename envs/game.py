"""A game and how it is played, in one place."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final

import gymnasium
import yaml

from padzoo.core import configuration
from padzoo.envs.adapter import make

ISLAND: Final = "padzoo/LaunchIsland-v0"
OPTIONS: Final[Mapping[str, Mapping[str, Any]]] = {ISLAND: {"character": "ninja"}}  # of games that have usual ones


@dataclass(frozen=True)
class Game:
    """A game: what it is, and how its episodes begin.

    A configuration says it once, for training and evaluation alike: `game: {id: mygame:Mine-v0, args: {level: 3}}`.

    Args:
        id: Gymnasium id; `module:id` imports the module that registers it first. What is not made for the gamepad is
            adapted to it (see `padzoo.envs.adapter`).
        args: The game's own arguments.
        options: Its reset options in every episode; the values of a list are taken in turn. None takes the usual ones:
            of the launch island the character `ninja`, of any other game none.
    """

    id: str = ISLAND
    args: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Any] | None = None

    @property
    def starts(self) -> dict[str, Any]:
        """The reset options of its episodes."""
        return dict(OPTIONS.get(self.id, {})) if self.options is None else self.options

    def env(self, size: int) -> gymnasium.Env[Any, Any]:
        """Makes the environment.

        Args:
            size: Rows and columns of an observation: what a policy sees, so that no argument of the game says it.

        Raises:
            ValueError: If there is no such game, it does not take these arguments, or `args` names a size.
        """
        if "size" in self.args:
            raise ValueError(f"env_args {self.args}: allowed: no size; it is {size}, by the policy or the flag --size")
        return make(self.id, **self.args, size=size)

    @classmethod
    def of(cls, ref: str, args: Mapping[str, Any] | None = None, options: Mapping[str, Any] | None = None) -> "Game":
        """Finds the game that a command names.

        Args:
            ref: A Gymnasium id, or a YAML file with an entry `game`, of the package's own too: `game/island.yaml`.
            args: Further arguments; they come before those of the file.
            options: Further reset options; they come before the usual ones.

        Raises:
            ValueError: If there is no such file, or it does not describe a game.
        """
        game = cls(ref) if Path(ref).suffix not in (".yaml", ".yml") else cls._read(configuration.find(ref))
        return cls(game.id, {**game.args, **(args or {})}, {**game.starts, **(options or {})})

    @classmethod
    def _read(cls, path: Path) -> "Game":
        try:
            found = yaml.safe_load(path.read_text())
        except yaml.YAMLError as error:
            raise ValueError(f"{path}: not YAML: {' '.join(str(error).split())}") from None
        told = found.get("game") if isinstance(found, dict) else None
        allowed = [entry.name for entry in fields(cls)]
        if not isinstance(told, dict) or not set(told) <= set(allowed):
            raise ValueError(f"{path}: no game; allowed: an entry `game` with {', '.join(allowed)}")
        return cls(**told)
