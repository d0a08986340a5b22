import numpy as np

from padzoo.core.gamepad import CENTER, action_space
from padzoo.envs.players.thumbs import Thumbs, Wish


def hands(tremor: float, seed: int = 0) -> Thumbs:
    return Thumbs(np.random.default_rng(seed), tremor=tremor, lag=0.3)


def test_the_sticks_reach_what_is_wished_late_and_let_go_of_it_again() -> None:
    thumbs = hands(tremor=0.0)
    pressed = [thumbs.press(Wish(strafe=-1, forward=1, turn=0.6, look=-0.4)) for _ in range(8)]
    assert pressed[0][13] < 10, "a thumb needs time"
    assert pressed[-1][12:].tolist() == [0, 10, 8, 3]
    released = [thumbs.press(Wish()) for _ in range(8)]
    assert released[-1][12:].tolist() == [CENTER] * 4


def test_buttons_are_pressed_by_name() -> None:
    action = hands(tremor=0.5).press(Wish(buttons=("a", "dpad_down")))
    assert np.flatnonzero(action[:12]).tolist() == [0, 11]


def test_tremor_lasts_for_some_steps_stays_legal_and_leaves_resting_sticks_alone() -> None:
    thumbs = hands(tremor=0.15)
    pressed = np.stack([thumbs.press(Wish(forward=0.8)) for _ in range(400)])
    assert all(action_space().contains(action) for action in pressed)
    assert len(np.unique(pressed[:, 13])) >= 3, "it does tremble"
    assert (np.diff(pressed[5:, 13]) != 0).mean() < 0.35, "independent noise a step would change it nearly always"
    assert (pressed[:, [12, 14, 15]] == CENTER).all()
