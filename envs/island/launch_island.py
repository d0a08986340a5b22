"""The launch island: the game of PadZoo, a Gymnasium environment on the ViZDoom engine."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

import gymnasium
import numpy as np
from gymnasium.spaces import Box
from numpy.typing import NDArray

from padzoo.core import gamepad
from padzoo.envs.area import AreaReduction
from padzoo.envs.island import plan as island
from padzoo.envs.island.actors import CHARACTERS
from padzoo.envs.island.conditions import CONDITIONS, Beginning
from padzoo.envs.island.engine import BUTTONS, HEIGHT, WIDTH, Button, Engine, palette
from padzoo.envs.island.sticks import LOOK, TURN, speed
from padzoo.envs.island.textures import SKIES

OUTCOMES: Final = ("none", "left", "middle", "right")
CAMERAS: Final[Mapping[str, tuple[int, int]]] = {  # (distance, height) in map units
    "standard": (150, 28),
    "low": (150, 22),
    "high": (150, 36),
}
STROLLERS: Final = tuple(range(0, len(island.SEATS) + 1, island.SEATS_A_SKILL))
# What each button of the gamepad does.
CONTROLS: Final[Mapping[str, str]] = {
    "a": "jump",
    "b": "crouch",
    "x": "use",
    "y": "turn round",
    "left_shoulder": "sidestep left",
    "right_shoulder": "sidestep right",
    "left_trigger": "walk: the left stick moves at half speed",
    "right_trigger": "attack",
    "left_thumb": "run: the left stick moves at full speed however far it is pushed",
    "right_thumb": "level the camera",
    "dpad_up": "look up",
    "dpad_down": "look down",
}
_MOVE: Final = 10.0  # engine units a bucket: 50 is the engine's full speed, 16.7 map units a tic
_TICS: Final = (3, 4)  # alternating: 35 tics a second make 10 steps a second
_TURN: Final = BUTTONS.index(Button.TURN_LEFT_RIGHT_DELTA)

Info = dict[str, Any]


def engine_buttons(action: NDArray[np.integer], pitch: float, tics: int) -> list[float]:
    """Translates a gamepad action to the engine's buttons.

    Args:
        action: `(16,)`.
        pitch: The camera's pitch in degrees, up is positive.
        tics: How long the action will be held.

    Returns:
        One value each of `engine.BUTTONS`.
    """
    held = dict(zip(gamepad.COMPONENTS, action.tolist(), strict=True))
    left_x, left_y, right_x, right_y = (float(held[axis] - gamepad.CENTER) for axis in gamepad.AXES)
    reach = max(abs(left_x), abs(left_y))
    pace = _MOVE
    if held["left_thumb"] and reach:
        pace *= gamepad.CENTER / reach
    if held["left_trigger"]:
        pace /= 2
    side = left_x * pace + 30.0 * (held["right_shoulder"] - held["left_shoulder"])
    look = speed(right_y / gamepad.CENTER) * LOOK + 3.0 * (held["dpad_up"] - held["dpad_down"])
    if held["right_thumb"]:
        look = -pitch / tics
    presses = [float(held[name]) for name in ("a", "b", "x", "right_trigger", "y")]
    return [min(max(side, -50.0), 50.0), left_y * pace, speed(right_x / gamepad.CENTER) * TURN, look, *presses]


def _choice(option: str, value: object, allowed: tuple[object, ...]) -> None:
    alike = any(type(each) is type(value) for each in allowed)
    if value not in allowed or (isinstance(value, bool | float) and not alike):  # which may equal a whole number
        raise ValueError(f"{option} {value!r}: allowed {', '.join(map(str, allowed))}")


def _choices(option: str, value: object, table: tuple[Any, ...]) -> tuple[Any, ...]:
    """Returns what an option's value may be in an episode: everything, one, or some."""
    if not isinstance(value, list | tuple) or not value:
        _choice(option, value, ("random", *table))
        return table if value == "random" else (value,)
    for one in value:
        _choice(option, one, table)
    return tuple(value)


class LaunchIsland(gymnasium.Env[NDArray[np.uint8], NDArray[np.int64]]):
    """Run from a spawn yard through a neck into a hall and onto one of three launch pads that look alike (section 3).

    An episode ends on a pad (reward 1.0; every other reward is 0.0) or after `max_steps`. A match ends after
    `max_steps` only; every time that a pad is reached, which throws the character up, gives reward 1.0.

    What varies from episode to episode is drawn from the episode's seed; `"random"` lets it vary, another value fixes
    it, of several one is drawn.

    Args:
        size: Rows and columns of an observation.
        max_steps: Steps until time-out, 10 a second.
        sky: `"random"`, or one or some of `textures.SKIES`.
        light: `"random"`, or one or some of `island.LIGHTS`.
        look: Floors and walls: `"random"`, or one or some of `island.LOOKS`.
        camera: `"random"`, or one or some of `CAMERAS`.
        strollers: Other characters walking about the hall: `"random"`, or one or some of 0 (off), 2, 4, 6.
        match: Whether the game goes on after a pad. A match has no outcome: it is always `none`.
        render_mode: None, or `"rgb_array"` for `render`.

    Raises:
        ValueError: If an argument is none of the values allowed.
    """

    metadata: dict[str, Any] = {  # noqa: RUF012 - Gymnasium declares it so
        "render_modes": ["rgb_array"],
        "render_fps": 10,
    }
    outcomes: ClassVar[tuple[str, ...]] = OUTCOMES

    def __init__(
        self,
        size: int = 128,
        max_steps: int = 100,
        sky: str | Sequence[str] = "random",
        light: str | Sequence[str] = "random",
        look: str | Sequence[str] = "meadow",
        camera: str | Sequence[str] = "random",
        strollers: int | str | Sequence[int] = "random",
        match: bool = False,
        render_mode: str | None = None,
    ) -> None:
        if size < 1 or max_steps < 1:
            raise ValueError(f"size {size}, max_steps {max_steps}: allowed are whole numbers from 1 on")
        _choice("match", match, (False, True))
        _choice("render_mode", render_mode, (None, "rgb_array"))
        self._tables: dict[str, tuple[Any, ...]] = {
            "spawn": tuple(range(len(island.SPAWNS))),
            "character": CHARACTERS,
            "sky": tuple(SKIES),
            "light": tuple(island.LIGHTS),
            "look": tuple(island.LOOKS),
            "camera": tuple(CAMERAS),
            "strollers": STROLLERS,
        }
        given = {"sky": sky, "light": light, "look": look, "camera": camera, "strollers": strollers}
        chosen = {name: _choices(name, value, self._tables[name]) for name, value in given.items()}
        self._choices = self._tables | chosen
        self.render_mode = render_mode
        self.max_steps = max_steps
        self.match = match
        self.observation_space = Box(0, 255, (size, size, 3), np.uint8)
        self.action_space = gamepad.action_space()
        self._reduce = AreaReduction(HEIGHT, WIDTH, size, palette())
        self._engine: Engine | None = None
        self._pad = "none"  # on which the character is
        self._screen = np.zeros((HEIGHT, WIDTH), np.uint8)
        self._info: Info = {}
        self._beginning = Beginning()
        self._steps = 0

    def reset(
        self, *, seed: int | None = None, options: Mapping[str, Any] | None = None
    ) -> tuple[NDArray[np.uint8], Info]:
        """Starts an episode.

        Args:
            seed: Seed of everything in the episode; None goes on with the generator.
            options: `spawn` (0 to 3) and `character` (one of `CHARACTERS`); None or absent: drawn. `condition`, how it
                begins, one of `conditions.CONDITIONS`; None or absent: `spawn`, at the spawn point.

        Returns:
            The first observation `(size, size, 3)`, and info: `outcome`, `position` in map units `(2,)`, `heading` and
            `pitch` in degrees, `spawn` if it began at one, `character`; in a match also `others`, where the strollers
            are, `(n, 2)`.

        Raises:
            ValueError: If an option is none of the values allowed.
            GameCrashed: If the engine's process died.
        """
        options = dict(options or {})
        for name in options:
            _choice("reset option", name, ("spawn", "character", "condition"))
        condition = options.get("condition") or "spawn"
        _choice("condition", condition, CONDITIONS)
        super().reset(seed=seed)
        drawn = {name: self._draw(name) for name in self._tables}
        engine_seed = int(self.np_random.integers(2**31))
        for name in ("spawn", "character"):
            if options.get(name) is not None:
                _choice(name, options[name], self._tables[name])
                drawn[name] = options[name]
        self._beginning = Beginning.draw(condition, self.np_random)
        self._begin(drawn, engine_seed)
        self._steps = 0
        self._info = {"character": drawn["character"]}
        if self._beginning.place is None:
            self._info["spawn"] = drawn["spawn"]
        return self._observe(), dict(self._info)

    def step(self, action: NDArray[np.int64]) -> tuple[NDArray[np.uint8], float, bool, bool, Info]:
        """Holds the gamepad for a tenth of a second.

        Args:
            action: A gamepad action `(16,)`.

        Returns:
            Observation, reward (1.0 on reaching a pad, else 0.0), terminated (on a pad), truncated, info as `reset`'s.

        Raises:
            GameCrashed: If the engine's process died.
        """
        if self._engine is None:
            raise gymnasium.error.ResetNeeded("call reset before step")
        tics = _TICS[self._steps % len(_TICS)]
        try:
            buttons = engine_buttons(action, self._info["pitch"], tics)
            if self._steps == self._beginning.nudge:
                buttons[_TURN] -= self._beginning.turn / tics
            self._engine.advance(buttons, tics)
            self._steps += 1
            before = self._pad
            observation = self._observe()
        except Exception:
            self._engine = None  # the next reset starts a new process
            raise
        reward = float(self._pad not in (before, "none"))
        terminated = self._info["outcome"] != "none"
        return observation, reward, terminated, self._steps >= self.max_steps, dict(self._info)

    def render(self) -> NDArray[np.uint8] | None:
        """Returns the engine's whole screen, `(150, 200, 3)`, in mode `rgb_array`."""
        return palette()[self._screen] if self.render_mode else None

    def close(self) -> None:
        """Ends the engine's process; a later `reset` starts another."""
        if self._engine is not None:
            self._engine.close()
            self._engine = None

    def kill(self) -> None:
        """Ends a hanging engine from another thread: the call that waits for it raises `GameCrashed`."""
        if self._engine is not None:
            self._engine.kill()

    @staticmethod
    def outline() -> list[NDArray[np.float64]]:
        """Returns the island's walls, pillars and pads as polygons `(K, 2)` in map units."""
        return island.outline()

    def _draw(self, name: str) -> Any:
        choices = self._choices[name]
        # One choice takes a draw too, of all that there are: fixing one thing leaves the others of a seed as they are.
        drawn = self.np_random.integers(len(choices) if len(choices) > 1 else len(self._tables[name]))
        return choices[drawn % len(choices)]

    def _begin(self, drawn: Mapping[str, Any], seed: int) -> None:
        name = island.map_name(drawn["spawn"], drawn["look"], drawn["light"], drawn["sky"])
        if self._engine is None:
            self._engine = Engine(name, sees_others=self.match)
        distance, height = CAMERAS[drawn["camera"]]
        commands = [
            f"playerclass {drawn['character']}",
            f"chase_dist {distance}",
            f"chase_height {height}",
            f"skill {drawn['strollers'] // island.SEATS_A_SKILL}",
        ]
        try:
            self._engine.start_episode(name, seed=seed, commands=commands)
            if self._beginning.heading is not None:
                self._engine.place(self._beginning.place, self._beginning.heading - island.SPAWN_HEADING)
        except Exception:
            self._engine = None
            raise

    def _observe(self) -> NDArray[np.uint8]:
        assert self._engine is not None
        self._screen, (x, y, heading, pitch) = self._engine.observe()
        self._pad = island.pad_at(x, y)
        self._info |= {
            "outcome": "none" if self.match else self._pad,
            "position": np.array([x, y], np.float32),
            "heading": float(heading),
            "pitch": float(-pitch),
        }
        if self.match:
            self._info["others"] = self._engine.others()
        return self._reduce(self._screen)
