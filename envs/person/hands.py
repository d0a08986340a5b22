"""A person's hands: what they press on a gamepad or a keyboard, as gamepad actions."""

from typing import Final

import numpy as np
import pygame
from numpy.typing import NDArray

from padzoo.core.gamepad import AXES, BUTTONS, NEUTRAL, buckets

PULLED: Final = 0.5  # how far a trigger counts as down
FULL: Final = 32767  # SDL's number for a stick at full throw
# SDL names the parts of every pad alike, whatever its maker.
PAD_BUTTONS: Final = {
    pygame.CONTROLLER_BUTTON_A: "a",
    pygame.CONTROLLER_BUTTON_B: "b",
    pygame.CONTROLLER_BUTTON_X: "x",
    pygame.CONTROLLER_BUTTON_Y: "y",
    pygame.CONTROLLER_BUTTON_LEFTSHOULDER: "left_shoulder",
    pygame.CONTROLLER_BUTTON_RIGHTSHOULDER: "right_shoulder",
    pygame.CONTROLLER_BUTTON_LEFTSTICK: "left_thumb",
    pygame.CONTROLLER_BUTTON_RIGHTSTICK: "right_thumb",
    pygame.CONTROLLER_BUTTON_DPAD_UP: "dpad_up",
    pygame.CONTROLLER_BUTTON_DPAD_DOWN: "dpad_down",
}
PAD_TRIGGERS: Final = {
    pygame.CONTROLLER_AXIS_TRIGGERLEFT: "left_trigger",
    pygame.CONTROLLER_AXIS_TRIGGERRIGHT: "right_trigger",
}
PAD_STICKS: Final = {  # SDL's sticks count downwards
    pygame.CONTROLLER_AXIS_LEFTX: ("left_x", 1),
    pygame.CONTROLLER_AXIS_LEFTY: ("left_y", -1),
    pygame.CONTROLLER_AXIS_RIGHTX: ("right_x", 1),
    pygame.CONTROLLER_AXIS_RIGHTY: ("right_y", -1),
}
KEY_BUTTONS: Final = {
    pygame.K_SPACE: "a",
    pygame.K_c: "b",
    pygame.K_e: "x",
    pygame.K_q: "y",
    pygame.K_z: "left_shoulder",
    pygame.K_x: "right_shoulder",
    pygame.K_LCTRL: "left_trigger",
    pygame.K_f: "right_trigger",
    pygame.K_LSHIFT: "left_thumb",
    pygame.K_r: "right_thumb",
    pygame.K_PAGEUP: "dpad_up",
    pygame.K_PAGEDOWN: "dpad_down",
}
# A key knows no half-way: the camera's keys push the stick to 0.4, 84 degrees a second; at full throw it would be 525.
KEY_STICKS: Final = {
    pygame.K_d: ("left_x", 1.0),
    pygame.K_a: ("left_x", -1.0),
    pygame.K_w: ("left_y", 1.0),
    pygame.K_s: ("left_y", -1.0),
    pygame.K_RIGHT: ("right_x", 0.4),
    pygame.K_LEFT: ("right_x", -0.4),
    pygame.K_UP: ("right_y", 0.4),
    pygame.K_DOWN: ("right_y", -0.4),
}


class Hands:
    """Follows pygame's events and tells, whenever asked, the gamepad action held now.

    A button that was pressed and let go between two questions counts as held once: no press is lost at 10 Hz. A pad's
    sticks and the keys add up.
    """

    def __init__(self) -> None:
        self._held: set[str] = set()
        self._pressed: set[str] = set()  # since the last question
        self._keys: set[int] = set()
        self._sticks = dict.fromkeys(AXES, 0.0)

    def follow(self, event: pygame.event.Event) -> None:
        """Notes what an event says; events of other kinds say nothing.

        Args:
            event: Any event of pygame's queue.
        """
        if event.type in (pygame.CONTROLLERBUTTONDOWN, pygame.CONTROLLERBUTTONUP):
            self._button(PAD_BUTTONS.get(event.button), event.type == pygame.CONTROLLERBUTTONDOWN)
        elif event.type == pygame.CONTROLLERAXISMOTION:
            self._axis(event.axis, event.value / FULL)
        elif event.type in (pygame.KEYDOWN, pygame.KEYUP):
            self._key(event.key, event.type == pygame.KEYDOWN)

    def action(self) -> NDArray[np.int64]:
        """Returns the gamepad action held now, `(16,)`."""
        pushed = dict(self._sticks)
        for key in self._keys:
            name, amount = KEY_STICKS[key]
            pushed[name] += amount
        down = self._held | self._pressed
        self._pressed = set()
        action = np.asarray(NEUTRAL, dtype=np.int64)
        action[: len(BUTTONS)] = [name in down for name in BUTTONS]
        action[len(BUTTONS) :] = buckets(np.clip([pushed[name] for name in AXES], -1, 1))
        return action

    def _button(self, name: str | None, down: bool) -> None:
        if name is not None and down:
            self._held.add(name)
            self._pressed.add(name)
        elif name is not None:
            self._held.discard(name)

    def _axis(self, axis: int, value: float) -> None:
        if axis in PAD_STICKS:
            name, sign = PAD_STICKS[axis]
            self._sticks[name] = sign * value
        elif axis in PAD_TRIGGERS:
            name, down = PAD_TRIGGERS[axis], value >= PULLED
            if down != (name in self._held):
                self._button(name, down)

    def _key(self, key: int, down: bool) -> None:
        if key in KEY_STICKS:
            (self._keys.add if down else self._keys.discard)(key)
        else:
            self._button(KEY_BUTTONS.get(key), down)
