from typing import Any

import numpy as np
import pytest
from gymnasium.spaces import Box, Dict, Discrete, Space, Tuple
from numpy.typing import NDArray

from padzoo.envs.contract import Refused
from padzoo.envs.picture import Picture

HEIGHT, WIDTH, SIZE = 12, 16, 8
RNG = np.random.default_rng(0)
COLOUR = RNG.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
GREY = RNG.integers(0, 256, (HEIGHT, WIDTH), np.uint8)
RGB = Box(0, 255, COLOUR.shape, np.uint8)
DEPTH = Box(0, 255, (*GREY.shape, 1), np.uint8)


def seen(space: Space[Any], observation: Any, wanted: str | None = None, rendered: Any = None) -> NDArray[np.uint8]:
    return Picture(space, SIZE, wanted, renders=rendered is not None)(observation, lambda: rendered)


def box(low: float, high: float, like: NDArray[Any], dtype: Any) -> Box:
    return Box(low, high, like.shape, dtype)


PLAIN = seen(RGB, COLOUR)
SHADES = seen(box(0, 255, GREY, np.uint8), GREY)
UNIT = (COLOUR / 255).astype(np.float32)
PLANES = COLOUR.transpose(2, 0, 1)


@pytest.mark.parametrize(
    ("space", "observation", "wanted"),
    [
        (box(0, 1, UNIT, np.float32), UNIT, PLAIN),
        (box(-1, 1, UNIT, np.float64), UNIT * 2 - 1, PLAIN),
        (box(0, 255, UNIT, np.float32), COLOUR.astype(np.float32), PLAIN),
        (box(0, 255, COLOUR, np.int64), COLOUR.astype(np.int64), PLAIN),
        (box(0, 1, COLOUR, np.uint8), COLOUR // 128, seen(RGB, COLOUR // 128 * 255)),
        (box(0, 255, PLANES, np.uint8), PLANES, PLAIN),
        (box(0, 1, PLANES, np.float32), UNIT.transpose(2, 0, 1), PLAIN),
        (DEPTH, GREY[..., None], SHADES),
        (box(0, 255, GREY[None], np.uint8), GREY[None], SHADES),
        (box(0, 1, GREY, np.float32), (GREY / 255).astype(np.float32), SHADES),
        (Dict(depth=DEPTH, rgb=RGB), {"depth": GREY[..., None], "rgb": COLOUR}, PLAIN),
        (Dict(a=RGB, image=RGB, pixels=RGB), {"a": 0, "image": COLOUR, "pixels": 0}, PLAIN),
        (Dict(depth=DEPTH, screen=RGB), {"depth": 0, "screen": COLOUR}, PLAIN),
        (Dict(eye=RGB, gauge=Box(0, 1, (4,))), {"eye": COLOUR, "gauge": 0}, PLAIN),
        (Dict(head=Dict(rgb=RGB, depth=DEPTH), hand=Discrete(2)), {"head": {"rgb": COLOUR}}, PLAIN),
        (Tuple([Discrete(2), RGB]), (1, COLOUR), PLAIN),
    ],
)
def test_pictures_of_every_kind_are_seen_alike(space: Space[Any], observation: Any, wanted: NDArray[np.uint8]) -> None:
    assert np.array_equal(seen(space, observation), wanted)


def test_one_of_several_can_be_asked_for() -> None:
    space, observation = Dict(a=RGB, b=Dict(c=DEPTH)), {"a": COLOUR, "b": {"c": GREY[..., None]}}
    assert np.array_equal(seen(space, observation, "b.c"), SHADES)
    assert np.array_equal(seen(RGB, GREY, "render", rendered=COLOUR), PLAIN)
    small = np.full((4, 4), 9, np.uint8)
    assert (seen(box(0, 255, small, np.uint8), small, "observation") == 9).all()


def test_a_game_without_a_picture_is_seen_as_it_renders() -> None:
    for rendered in (COLOUR, np.dstack([COLOUR, GREY])):  # with an alpha channel
        assert np.array_equal(seen(Box(0, 1, (4,)), None, rendered=rendered), PLAIN)
    board = Box(0, 255, (7, 7, 3), np.uint8)  # the objects in view, not their colours
    assert np.array_equal(seen(Dict(image=board), None, rendered=COLOUR), PLAIN)


FRAMES = Box(0, 255, (4, HEIGHT, WIDTH), np.uint8)


@pytest.mark.parametrize(
    ("space", "wanted", "message"),
    [
        (Dict(a=RGB, b=RGB), None, r"several .*: a, b; allowed: to name it, .*, one of a, b$"),
        (Dict(rgb=Box(-np.inf, np.inf, RGB.shape), depth=DEPTH), None, r"several .*: rgb, depth; .* one of depth$"),
        (Dict(l=Dict(rgb=RGB), r=Dict(rgb=RGB)), None, r"several .*: l.rgb, r.rgb; "),
        (FRAMES, None, "no picture in its observations"),
        (Box(0, np.inf, RGB.shape), None, "no picture in its observations"),
        (Box(0, 1, (4,)), None, "no picture in its observations"),
        (Box(0, 255, (7, 7, 3), np.uint8), None, "no picture in its observations"),
        (Discrete(3), None, "no picture in its observations, Discrete.3.; allowed: pictures"),
        (Dict(a=RGB), "b", "picture 'b'; allowed, as its observations have them: a$"),
        (RGB, "render", "picture 'render'; allowed, as its observations have them: observation$"),
    ],
)
def test_what_is_no_picture_or_might_be_another_is_refused(space: Space[Any], wanted: str | None, message: str) -> None:
    with pytest.raises(Refused, match=message):
        Picture(space, SIZE, wanted)


@pytest.mark.parametrize(
    ("space", "observation", "message"),
    [
        (RGB, UNIT, "its picture is float32"),
        (RGB, COLOUR.astype(int) + 1, "has values from 1 to 256"),
        (RGB, COLOUR[..., :1], "its picture is uint8"),
        (box(0, 1, UNIT, np.float32), UNIT * 255, "has values from 0 to 255, where its space says 0 to 1"),
        (box(0, 1, UNIT, np.float32), UNIT * np.nan, "has values from nan to nan"),
        (DEPTH, None, "its picture is object"),
    ],
)
def test_a_picture_that_is_not_what_its_space_says_is_refused(space: Box, observation: Any, message: str) -> None:
    with pytest.raises(Refused, match=message):
        seen(space, observation)


@pytest.mark.parametrize("rendered", [UNIT, [COLOUR], GREY])
def test_what_is_rendered_is_a_picture(rendered: Any) -> None:
    with pytest.raises(Refused, match=r"^it renders .* allowed: uint8 \(H, W, 3\)$"):
        seen(Discrete(2), None, rendered=rendered)
