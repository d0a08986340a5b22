"""A game and how it is played, in one place."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final

import gymnasium
import yaml

from padzoo.core import configuration
from padzoo.envs.adapter import OURS, make

ISLAND: Final = "padzoo/LaunchIsland-v0"
SETTINGS: Final = ("picture", "success", "patience")  # of a game beside its arguments
KINDS: Final[Mapping[str, tuple[Any, str]]] = {
    "id": (str, "a Gymnasium id"),
    "args": (Mapping, "names with values"),
    "options": (Mapping | None, "names with values"),
    "picture": (str | None, "a name"),
    "success": (int | float, "a number"),
    "patience": (int | float, "seconds, over 0 and up to 1,000,000"),
}
# Of games that have usual ones. The condition is said though it is the game's own: whatever is measured names it.
OPTIONS: Final[Mapping[str, Mapping[str, Any]]] = {ISLAND: {"character": "ninja", "condition": "spawn"}}


@dataclass(frozen=True)
class Game:
    """A game: what it is, and how its episodes begin.

    A configuration says it once, for training and evaluation alike: `game: {id: mygame:Mine-v0, args: {level: 3}}`.

    Args:
        id: Gymnasium id; `module:id` imports the module that registers it first. What is not made for the gamepad is
            adapted to it (see `padzoo.envs.adapter`).
        args: The game's own arguments.
        options: Its reset options in every episode; the values of a list are taken in turn. None takes the usual ones:
            of the launch island the character `ninja` in the condition `spawn`, of any other game none.
        picture: Which of several pictures in the observations of another game is seen: its key, dotted in dictionaries
            of dictionaries, or `render` for what the game renders. None takes `rgb`, `image`, `pixels` or `screen`, the
            first that there is, or the only one.
        success: The sum of rewards above which an episode of another game is a success, where the game does not say.
        patience: Seconds that a start or a step may take before the game counts as hanging, over 0.

    Raises:
        ValueError: If one of them is of another kind.
    """

    id: str = ISLAND
    args: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Any] | None = None
    picture: str | None = None
    success: float = 0.0
    patience: float = 60.0

    def __post_init__(self) -> None:
        for name, (kind, allowed) in KINDS.items():
            value = getattr(self, name)
            fits = isinstance(value, kind) and not isinstance(value, bool)
            if not fits or (name == "patience" and not 0 < value <= 1e6):
                raise ValueError(f"game {self.id!r}: {name} {value!r}; allowed: {allowed}")

    @property
    def foreign(self) -> bool:
        """Whether it was not made for the gamepad."""
        return not self.id.startswith(OURS)

    @property
    def starts(self) -> dict[str, Any]:
        """The reset options of its episodes."""
        return dict(OPTIONS.get(self.id, {})) if self.options is None else self.options

    def env(self, size: int) -> gymnasium.Env[Any, Any]:
        """Makes the environment.

        Args:
            size: Rows and columns of an observation: what a policy sees. An argument `size` of another game is its own.

        Raises:
            ValueError: If there is no such game, it does not take these arguments, or `args` names our own games' size.
        """
        if "size" in self.args and not self.foreign:
            raise ValueError(f"env_args {self.args}: allowed: no size; it is {size}, by the policy or the flag --size")
        return make(self.id, self.args, size, self.picture, self.success)

    @classmethod
    def of(cls, ref: str, args: Mapping[str, Any] | None = None, options: Mapping[str, Any] | None = None) -> "Game":
        """Finds the game that a command names.

        Args:
            ref: A Gymnasium id, or a YAML file with an entry `game`, of the package's own too: `game/island.yaml`.
            args: Further arguments; they come before those of the file. `picture`, `success` and `patience` among them
                are not the game's own but those of this class; a game's own of these names are for a file to say.
            options: Further reset options; they come before the usual ones.

        Raises:
            ValueError: If there is no such file, or it does not describe a game.
        """
        game = cls(ref) if Path(ref).suffix not in (".yaml", ".yml") else cls._read(configuration.find(ref))
        settings = {name: value for name, value in (args or {}).items() if name in SETTINGS}
        own = {name: value for name, value in (args or {}).items() if name not in SETTINGS}
        return replace(game, args={**game.args, **own}, options={**game.starts, **(options or {})}, **settings)

    @property
    def settings(self) -> dict[str, Any]:
        """What is set beside its arguments and changes what is played, for recordings to say; empty as a rule."""
        usual = Game()
        return {
            name: getattr(self, name) for name in ("picture", "success") if getattr(self, name) != getattr(usual, name)
        }

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
