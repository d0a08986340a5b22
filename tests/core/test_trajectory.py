from typing import Any

import numpy as np
import pytest

from padzoo.core.gamepad import NEUTRAL
from padzoo.core.trajectory import Trajectory, TrajectorySummary


def build(**changes: Any) -> Trajectory:
    parts: dict[str, Any] = {
        "key": "run-1",
        "frames": np.zeros((3, 8, 8, 3), dtype=np.uint8),
        "actions": np.tile(np.asarray(NEUTRAL, dtype=np.int8), (3, 1)),
        "positions": np.zeros((3, 3), dtype=np.float32),
        "meta": {"outcome": "left"},
    }
    return Trajectory(**(parts | changes))


def test_knows_its_length_and_summary() -> None:
    trajectory = build(positions=None)
    assert len(trajectory) == 3
    assert trajectory.summary == TrajectorySummary("run-1", 3, {"outcome": "left"})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"key": "ep.v1"}, "trajectory 'ep.v1': a key is"),
        ({"key": "../up"}, "a key is"),
        ({"key": ""}, "a key is"),
        ({"frames": np.zeros((4, 8, 8, 3), dtype=np.uint8)}, r"allowed: uint8 \(3, H, W, 3\)"),
        ({"frames": np.zeros((3, 8, 8, 3), dtype=np.float32)}, "frames are float32"),
        ({"actions": np.zeros((3, 15), dtype=np.int8)}, r"allowed: int8 \(T, 16\)"),
        ({"actions": np.zeros((3, 16), dtype=np.int64)}, "actions are int64"),
        ({"actions": np.full((3, 16), 2, dtype=np.int8)}, "outside the gamepad"),
        ({"actions": np.full((3, 16), -1, dtype=np.int8)}, "outside the gamepad"),
        ({"positions": np.zeros((3, 2), dtype=np.float32)}, "positions are"),
    ],
)
def test_refuses_what_does_not_fit(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build(**changes)
