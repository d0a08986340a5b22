import numpy as np
import pygame
import pytest
from pygame.event import Event

from padzoo.core.gamepad import BUTTONS, COMPONENTS, NEUTRAL, buckets
from padzoo.envs.person.hands import KEY_BUTTONS, PAD_BUTTONS, PAD_TRIGGERS, Hands


def names(hands: Hands) -> dict[str, int]:
    """What differs from the neutral action, by name."""
    return {
        name: int(value) for name, value, rest in zip(COMPONENTS, hands.action(), NEUTRAL, strict=True) if value != rest
    }


def key(code: int, down: bool = True) -> Event:
    return Event(pygame.KEYDOWN if down else pygame.KEYUP, key=code)


def test_a_bucket_comes_back_from_what_it_stands_for() -> None:
    np.testing.assert_array_equal(buckets(np.arange(11) / 5 - 1), np.arange(11))
    np.testing.assert_array_equal(buckets(np.array([-0.0999, 0.0999, -1.0, 1.0])), [5, 5, 0, 10])


def test_resting_hands_are_neutral() -> None:
    assert Hands().action().tolist() == list(NEUTRAL)


def test_every_button_is_on_the_pad_and_on_the_keyboard() -> None:
    assert {*PAD_BUTTONS.values(), *PAD_TRIGGERS.values()} == set(BUTTONS)
    assert set(KEY_BUTTONS.values()) == set(BUTTONS)


def test_a_held_button_stays_and_a_short_press_counts_once() -> None:
    hands = Hands()
    hands.follow(key(pygame.K_e))
    assert names(hands) == names(hands) == {"x": 1}
    hands.follow(key(pygame.K_e, down=False))
    hands.follow(key(pygame.K_SPACE))
    hands.follow(key(pygame.K_SPACE, down=False))
    assert names(hands) == {"a": 1}
    assert names(hands) == {}


def test_keys_push_the_sticks_and_opposite_ones_cancel() -> None:
    hands = Hands()
    for code in (pygame.K_w, pygame.K_a, pygame.K_RIGHT):
        hands.follow(key(code))
    assert names(hands) == {"left_x": 0, "left_y": 10, "right_x": 7}
    hands.follow(key(pygame.K_d))
    hands.follow(key(pygame.K_RIGHT, down=False))
    assert names(hands) == {"left_y": 10}


@pytest.mark.parametrize(
    ("axis", "value", "expected"),
    [
        (pygame.CONTROLLER_AXIS_LEFTX, 32767, {"left_x": 10}),
        (pygame.CONTROLLER_AXIS_LEFTX, 3000, {}),
        (pygame.CONTROLLER_AXIS_LEFTY, -32768, {"left_y": 10}),
        (pygame.CONTROLLER_AXIS_LEFTY, 32767, {"left_y": 0}),
        (pygame.CONTROLLER_AXIS_RIGHTX, -13000, {"right_x": 3}),
        (pygame.CONTROLLER_AXIS_RIGHTY, 20000, {"right_y": 2}),
        (pygame.CONTROLLER_AXIS_TRIGGERLEFT, 20000, {"left_trigger": 1}),
        (pygame.CONTROLLER_AXIS_TRIGGERRIGHT, 10000, {}),
    ],
)
def test_a_pad_is_read(axis: int, value: int, expected: dict[str, int]) -> None:
    hands = Hands()
    hands.follow(Event(pygame.CONTROLLERAXISMOTION, axis=axis, value=value))
    assert names(hands) == expected


def test_pad_and_keyboard_add_up() -> None:
    hands = Hands()
    hands.follow(Event(pygame.CONTROLLERAXISMOTION, axis=pygame.CONTROLLER_AXIS_LEFTX, value=16384))
    hands.follow(key(pygame.K_d))
    hands.follow(Event(pygame.CONTROLLERBUTTONDOWN, button=pygame.CONTROLLER_BUTTON_Y))
    hands.follow(Event(pygame.CONTROLLERBUTTONDOWN, button=pygame.CONTROLLER_BUTTON_BACK))
    assert names(hands) == {"y": 1, "left_x": 10}
    hands.follow(Event(pygame.CONTROLLERBUTTONUP, button=pygame.CONTROLLER_BUTTON_Y))
    assert names(hands) == {"left_x": 10}
