from typing import Any

import numpy as np
import pytest
from gymnasium.spaces import Box, Dict, Discrete, MultiBinary, MultiDiscrete, Space, Text, Tuple
from numpy.typing import NDArray
from walker import press

from padzoo.core.gamepad import NEUTRAL
from padzoo.envs.contract import Refused
from padzoo.envs.gamepad_translation import translation


@pytest.mark.parametrize(
    ("space", "action", "wanted"),
    [
        (Discrete(3), press(), 0),
        (Discrete(3), press(b=1, y=1), 2),
        (Discrete(3), press(y=1), 0),
        (Discrete(3, start=-1), press(a=1), 0),
        (Discrete(3, dtype=np.int32), press(b=1), 2),
        (Discrete(1), press(a=1), 0),
        (MultiBinary(2), press(b=1, y=1), [0, 1]),
        (MultiDiscrete([3, 2, 11]), press(left_x=10, left_y=7, a=1), [2, 1, 7]),
        (MultiDiscrete([3, 3]), press(), [1, 1]),
        (MultiDiscrete([3, 2], dtype=np.uint8), press(left_x=10, a=1), [2, 1]),
        (MultiDiscrete([31, 31, 31]), press(left_x=0, left_y=5, right_x=10), [0, 15, 30]),
        (Box(-1, 1, (2,)), press(left_x=0, left_y=5), [-1, 0]),
        (Box(np.float32([0]), np.float32([4])), press(left_x=10), [4]),
        (Box(0, 1, (1,), np.float64), press(left_x=3), [0.3]),
        (Box(-7, 7, (2,), np.int32), press(left_x=10, left_y=7), [7, 3]),
    ],
)
def test_the_gamepad_becomes_the_games_own_action(space: Space[Any], action: NDArray[np.int64], wanted: Any) -> None:
    given = translation(space)(action)
    assert space.contains(given)
    assert np.array_equal(given, wanted)


@pytest.mark.parametrize(
    "space",
    [
        Discrete(14),
        MultiBinary(13),
        MultiBinary([2, 2]),
        MultiDiscrete([3] * 5),
        Box(-1, 1, (5,)),
        Box(-1, 1, ()),
        Box(-np.inf, np.inf, (2,)),
        Text(4),
        Dict(jump=Discrete(2)),
        Tuple([Discrete(2)]),
    ],
)
def test_an_action_space_that_does_not_fit_is_refused(space: Space[Any]) -> None:
    with pytest.raises(Refused, match=r"^action space .*allowed"):
        translation(space)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_stick_pushed_to_its_end_is_within_the_box(dtype: Any) -> None:
    rng = np.random.default_rng(0)
    for low, high in np.sort(rng.uniform(-3, 3, (300, 2)).round(2)):
        space = Box(low, high, (1,), dtype)
        for bucket in (0, 10):
            action = np.array(NEUTRAL)
            action[12] = bucket
            assert space.contains(translation(space)(action)), (low, high)
