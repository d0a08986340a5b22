from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.spaces import Box, Dict, Discrete, Space
from gymnasium.utils.env_checker import check_env
from walker import press

from padzoo.core import gamepad
from padzoo.envs.adapter import GamepadAdapter, make
from padzoo.envs.game_pool import GamePool

BASIC = "vizdoom.gymnasium_wrapper:VizdoomBasic-v1"  # a game that is not ours: shoot the monster opposite


class Toy(gymnasium.Env[Any, Any]):
    """A game of any spaces that shows a fixed picture and keeps the action it was given."""

    def __init__(self, action_space: Space[Any], observation_space: Space[Any], observation: Any) -> None:
        self.action_space, self.observation_space, self.observation = action_space, observation_space, observation
        self.given: Any = None
        self.end: tuple[float, bool, dict[str, Any]] = (0.0, False, {})

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        return self.observation, {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        self.given = action
        return self.observation, self.end[0], self.end[1], False, self.end[2]


GREY = Box(0, 255, (40, 60, 1), np.uint8)
BLANK = np.zeros(GREY.shape, np.uint8)


def test_an_action_space_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^game 'Toy': action space .*allowed"):
        GamepadAdapter(Toy(Discrete(14), GREY, BLANK))


def test_images_become_square_colour_pictures() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (64, 96, 3), np.uint8)
    exact = picture.reshape(32, 2, 32, 3, 3).mean(axis=(1, 3))
    colour = Box(0, 255, picture.shape, np.uint8)
    for space, observation in ((colour, picture), (Dict(gauge=Box(0, 1), screen=colour), {"screen": picture})):
        seen, info = GamepadAdapter(Toy(Discrete(2), space, observation), 32).reset()
        assert np.abs(seen - exact).max() <= 0.5
        assert info["outcome"] == "none"
    grey, _ = GamepadAdapter(Toy(Discrete(2), GREY, BLANK + 7), 16).reset()
    assert (grey == 7).all()
    assert grey.shape == (16, 16, 3)


def test_a_game_without_a_picture_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^game 'Toy': no picture"):
        GamepadAdapter(Toy(Discrete(2), Box(0, 1, (4,)), np.zeros(4)))


@pytest.mark.parametrize(
    ("end", "outcome"),
    [
        ((1.0, True, {}), "success"),
        ((-1.0, True, {}), "none"),
        ((1.0, False, {}), "none"),
        ((0.5, True, {}), "none"),
        ((-1.0, True, {"is_success": True}), "success"),
        ((1.0, True, {"is_success": False}), "none"),
    ],
)
def test_outcomes(end: tuple[float, bool, dict[str, Any]], outcome: str) -> None:
    toy = Toy(Discrete(2), GREY, BLANK)
    toy.end = end
    assert GamepadAdapter(toy, 32, success=0.5).step(press())[4]["outcome"] == outcome


def test_our_own_game_is_left_as_it_is() -> None:
    env = make("padzoo/LaunchIsland-v0", size=48)
    assert not isinstance(env, GamepadAdapter)
    assert env.observation_space.shape == (48, 48, 3)
    env.close()


class Pad(Toy):
    """A game that is made for the gamepad and says how it ended."""

    outcomes = ("lost", "won")

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__(gamepad.action_space(), Box(0, 255, shape, np.uint8), np.zeros(shape, np.uint8))
        self.end = (1.0, True, {"outcome": "lost"})


@pytest.mark.parametrize("shape", [(48, 64, 3), (96, 96, 3), (64, 64, 1), (64, 64)])
def test_a_gamepads_game_of_other_frames_keeps_its_actions_and_outcomes(shape: tuple[int, ...]) -> None:
    toy = Pad(shape)
    env = GamepadAdapter(toy, 64)
    assert env.reset()[0].shape == (64, 64, 3)
    action = press(left_x=10, left_y=3, right_x=7, right_y=0, a=1, dpad_down=1)
    assert env.step(action)[4] == {"outcome": "lost"}
    assert np.array_equal(toy.given, action)
    with GamePool(lambda: GamepadAdapter(Pad(shape), 64), 1) as pool:
        assert pool.outcomes == ("lost", "won")


def test_a_gamepads_game_without_outcomes_gets_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(Pad, "outcomes")
    with GamePool(lambda: GamepadAdapter(Pad((64, 64, 3)), 64), 1) as pool:
        pool.step(0, press())
        assert pool.outcomes == ("none", "success")
        assert pool.wait(0).info["outcome"] == "success"


def test_an_unknown_game_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^game 'padzoo/Nowhere-v0': "):
        make("padzoo/Nowhere-v0")


@pytest.fixture
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # that game writes its settings into the current folder


@pytest.mark.usefixtures("_elsewhere")
@pytest.mark.filterwarnings("ignore:.*is different from the unwrapped version:UserWarning")  # it is: by the adapter
def test_another_game_passes_the_checker() -> None:
    env = make(BASIC, size=64)
    check_env(env, skip_render_check=True)
    env.close()


@pytest.mark.usefixtures("_elsewhere")
def test_another_game_is_played_to_its_end_in_a_pool() -> None:
    with GamePool(BASIC, 2, {"size": 64}) as pool:
        assert pool.outcomes == ("none", "success")
        for index, seed in enumerate((1, 2)):  # the monster stands right opposite in the first
            pool.reset(index, seed=seed)
            assert pool.wait(index).info["outcome"] == "none"
        before = pool.observations.copy()
        assert before.std() > 5
        ended = {}
        while len(ended) < 2:
            for index in {0, 1} - set(ended):
                pool.step(index, press(a=1))
                transition = pool.wait(index)
                if transition.terminated or transition.truncated:
                    ended[index] = transition.info["outcome"]
        assert ended == {0: "success", 1: "none"}
        assert (pool.observations != before).any()
