from collections.abc import Iterator

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from numpy.typing import NDArray
from walker import film, press, walk

from padzoo.core.gamepad import BUTTONS
from padzoo.envs.area import AreaReduction
from padzoo.envs.island import plan as island
from padzoo.envs.island.actors import PACE
from padzoo.envs.island.launch_island import (
    CAMERAS,
    CHARACTERS,
    CONTROLS,
    OUTCOMES,
    STROLLERS,
    LaunchIsland,
    engine_buttons,
)


@pytest.fixture(scope="module")
def game() -> Iterator[LaunchIsland]:
    env = LaunchIsland(size=64)
    yield env
    env.close()


@pytest.fixture(scope="module")
def plain() -> Iterator[LaunchIsland]:
    env = LaunchIsland(size=64, sky="day", light="noon", look="meadow", camera="standard", strollers=0)
    yield env
    env.close()


@pytest.mark.parametrize(("mode", "match"), [(None, False), ("rgb_array", False), (None, True)])
def test_gymnasiums_own_checker_passes(mode: str | None, match: bool) -> None:
    env = gymnasium.make("padzoo/LaunchIsland-v0", render_mode=mode, match=match)
    try:
        check_env(env.unwrapped, skip_render_check=mode is None)
    finally:
        env.close()


def test_a_frame_is_the_reduction_of_the_screen_that_is_rendered() -> None:
    env = LaunchIsland(size=64, render_mode="rgb_array")
    try:
        frame, _ = env.reset(seed=0)
        screen = env.render()
        assert screen is not None
        assert screen.shape == (150, 200, 3)
        assert (frame == AreaReduction(150, 200, 64)(screen.transpose(2, 0, 1))).all()
    finally:
        env.close()


@pytest.mark.parametrize("spawn", range(4))
def test_spawns_are_where_the_island_says(game: LaunchIsland, spawn: int) -> None:
    _, info = game.reset(seed=spawn, options={"spawn": spawn})
    assert info["spawn"] == spawn
    assert info["position"] == pytest.approx(island.SPAWNS[spawn])
    assert info["heading"] == pytest.approx(90)
    assert info["outcome"] == "none"


def test_spawns_and_characters_are_drawn_from_the_seed(game: LaunchIsland) -> None:
    drawn = [game.reset(seed=seed)[1] for seed in range(40)]
    assert {info["spawn"] for info in drawn} == {0, 1, 2, 3}
    assert len({info["character"] for info in drawn}) > 8
    again = game.reset(seed=17)[1]
    assert (again["spawn"], again["character"]) == (drawn[17]["spawn"], drawn[17]["character"])


def test_thirteen_characters_look_different_from_behind(plain: LaunchIsland) -> None:
    seen = {plain.reset(seed=0, options={"spawn": 0, "character": name})[0].tobytes() for name in CHARACTERS}
    assert len(seen) == len(CHARACTERS) == 13


@pytest.mark.parametrize("pad", list(island.PADS))
@pytest.mark.parametrize("spawn", [0, 3])
def test_a_straight_walk_reaches_each_pad(game: LaunchIsland, pad: str, spawn: int) -> None:
    steps, reward, terminated, info = walk(game, pad, seed=spawn, options={"spawn": spawn, "character": "ninja"})
    assert (info["outcome"], reward, terminated) == (pad, 1.0, True)
    assert 35 <= steps <= 80


def test_a_match_is_the_same_run_but_goes_on_after_the_pad(game: LaunchIsland) -> None:
    match = LaunchIsland(size=64, match=True, max_steps=90)
    where = {"seed": 0, "options": {"spawn": 2, "character": "ninja"}}
    try:
        frame, info = match.reset(**where)
        assert (frame == game.reset(**where)[0]).all()
        over, rewards = False, []
        while not over:
            action = press(left_y=10, left_x=int(np.clip(5 - info["position"][0] / 20, 0, 10)))
            if not any(rewards):
                expected = game.step(action)
            frame, reward, terminated, over, info = match.step(action)
            rewards.append(reward)
            assert (terminated, info["outcome"]) == (False, "none")
            if sum(rewards) in (0, rewards[-1]):  # until the pad, and there
                assert (frame == expected[0]).all()
                assert reward == expected[1]
        assert (expected[2], expected[4]["outcome"]) == (True, "middle")
        assert len(rewards) == 90
    finally:
        match.close()


def test_an_idle_episode_times_out(game: LaunchIsland) -> None:
    game.reset(seed=0)
    ends = [game.step(press())[1:4] for _ in range(game.max_steps)]
    assert ends[:-1] == [(0.0, False, False)] * 99
    assert ends[-1] == (0.0, False, True)


def test_full_forward_is_the_pace_of_the_characters_and_ten_steps_a_second(plain: LaunchIsland) -> None:
    plain.reset(seed=0, options={"spawn": 0})
    places = [plain.step(press(left_y=10))[4]["position"] for _ in range(13)]
    units_a_tic = float(places[-1][1] - places[-3][1]) / 7  # two steps are 3 + 4 tics
    assert places[-1][0] == pytest.approx(island.SPAWNS[0][0], abs=1)
    assert units_a_tic == pytest.approx(16.7 * PACE, rel=0.03)


@pytest.mark.parametrize(
    ("action", "what", "turned"),
    [
        (press(right_x=8), "heading", -16.2),  # (3/5)^2 of 15 degrees for 3 tics, to the right
        (press(right_y=7), "pitch", 2.4),
        (press(dpad_down=1), "pitch", -9),
    ],
)
def test_the_right_hand_turns_the_camera(
    plain: LaunchIsland, action: NDArray[np.int64], what: str, turned: float
) -> None:
    before = plain.reset(seed=0)[1][what]
    assert plain.step(action)[4][what] - before == pytest.approx(turned, abs=0.1)


def test_turning_round_takes_a_moment(plain: LaunchIsland) -> None:
    plain.reset(seed=0)
    plain.step(press(y=1))
    headings = [plain.step(press())[4]["heading"] for _ in range(3)]
    assert headings[-1] == pytest.approx(270, abs=1)


def test_levelling_the_camera_undoes_a_look(plain: LaunchIsland) -> None:
    plain.reset(seed=0)
    assert abs(plain.step(press(right_y=10))[4]["pitch"]) > 10
    assert plain.step(press(right_thumb=1))[4]["pitch"] == pytest.approx(0, abs=0.1)


@pytest.mark.parametrize("button", ["a", "b", "right_trigger"])
def test_jump_crouch_and_attack_are_seen(plain: LaunchIsland, button: str) -> None:
    still = film(plain, 0, [press()] * 8)
    moved = film(plain, 0, [press(**{button: 1})] * 8)
    assert (still[1:] != moved[1:]).any()


def test_every_button_has_a_control() -> None:
    assert tuple(CONTROLS) == BUTTONS


@pytest.mark.parametrize(
    ("action", "side", "forward"),
    [
        (press(left_x=10, left_y=10), 50, 50),
        (press(left_x=0), -50, 0),
        (press(left_y=6), 0, 10),
        (press(left_y=6, left_thumb=1), 0, 50),
        (press(left_y=10, left_trigger=1), 0, 25),
        (press(left_shoulder=1), -30, 0),
        (press(right_shoulder=1, left_x=9), 50, 0),
    ],
)
def test_the_left_hand_moves(action: NDArray[np.int64], side: float, forward: float) -> None:
    assert engine_buttons(action, 0.0, 3)[:2] == [side, forward]


def test_a_fixed_option_keeps_the_other_draws(game: LaunchIsland) -> None:
    fixed = LaunchIsland(size=64, sky="dusk", light="noon", look="plaza", camera="high", strollers=0)
    try:
        for seed in range(3):
            info, other = game.reset(seed=seed)[1], fixed.reset(seed=seed)[1]
            assert (info["spawn"], info["character"]) == (other["spawn"], other["character"])
    finally:
        fixed.close()


def test_of_several_looks_one_is_drawn_and_nothing_else_changes() -> None:
    several, *single = (LaunchIsland(size=64, look=look) for look in (["beach", "moor"], "beach", "moor"))
    try:
        drawn = set()
        for seed in range(8):
            picture, *pictures = (env.reset(seed=seed)[0] for env in (several, *single))
            (which,) = (index for index, one in enumerate(pictures) if (one == picture).all())
            drawn.add(which)
        assert drawn == {0, 1}
    finally:
        for env in (several, *single):
            env.close()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("mars", "look 'mars': allowed random, meadow"),
        ([], r"look \[\]: allowed random, meadow"),
        (["moor", "mars"], "look 'mars': allowed meadow"),
        (["moor", "random"], "look 'random': allowed meadow"),
    ],
)
def test_a_look_that_there_is_not_is_refused(value: str | list[str], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        LaunchIsland(look=value)


@pytest.mark.parametrize(
    ("option", "value"),
    [("sky", "dusk"), ("light", "evening"), ("look", "beach"), ("camera", "high"), ("strollers", 6)],
)
def test_each_option_changes_the_picture(plain: LaunchIsland, option: str, value: object) -> None:
    changed = LaunchIsland(
        **{
            "size": 64,
            "sky": "day",
            "light": "noon",
            "look": "meadow",
            "camera": "standard",
            "strollers": 0,
            option: value,
        }
    )
    try:
        where = {"seed": 3, "options": {"spawn": 2, "character": "ninja"}}
        assert (changed.reset(**where)[0] != plain.reset(**where)[0]).any()
    finally:
        changed.close()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"spawn": 7}, "spawn 7: allowed 0, 1, 2, 3"),
        ({"character": "pirate"}, "character 'pirate': allowed ninja, marine"),
        ({"speed": 2}, "reset option 'speed': allowed spawn, character"),
    ],
)
def test_bad_reset_options_are_refused(game: LaunchIsland, options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        game.reset(seed=0, options=options)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sky": "green"}, "sky 'green': allowed random, day"),
        ({"strollers": 5}, f"strollers 5: allowed random, {', '.join(map(str, STROLLERS))}"),
        ({"camera": "top"}, f"camera 'top': allowed random, {', '.join(CAMERAS)}"),
        ({"size": 0}, "size 0, max_steps 100: allowed"),
        ({"render_mode": "human"}, "render_mode 'human': allowed None, rgb_array"),
    ],
)
def test_bad_arguments_are_refused(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        LaunchIsland(**arguments)


def test_the_pads_are_bright_yellow_in_every_look() -> None:
    env = LaunchIsland(size=64, strollers=0, camera="standard", light="evening", look="random")
    try:
        for seed in range(4):
            env.reset(seed=seed, options={"spawn": 2, "character": "ninja"})
            for _ in range(14):
                frame, *_ = env.step(press(left_y=10, left_x=6))
            red, green, blue = (frame[..., channel].astype(int) for channel in range(3))
            assert ((red > 200) & (green > 160) & (blue < 100)).sum() >= 12  # three of them, seen from the neck
    finally:
        env.close()


def test_outcomes_and_outline_are_named_for_every_tool() -> None:
    assert LaunchIsland.outcomes == OUTCOMES == ("none", "left", "middle", "right")
    assert all(polygon.ndim == 2 and polygon.shape[1] == 2 for polygon in LaunchIsland.outline())
