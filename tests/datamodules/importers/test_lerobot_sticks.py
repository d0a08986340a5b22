import json
from pathlib import Path

import numpy as np
import pytest
from lerobot_set import make

from padzoo.datamodules.importers.gamepad_actions import Sticks, gamepad_actions
from padzoo.datamodules.importers.lerobot_info import LeRobotInfo
from padzoo.datamodules.importers.lerobot_sticks import find_sticks


def ranged(folder: Path, low: float, high: float, button: float = 1.0) -> LeRobotInfo:
    source = make(folder)
    least, greatest = [0.0, *[low] * 4, *[0.0] * 12], [9.0, *[high] * 4, *[button] * 12]
    (source / "meta" / "stats.json").write_text(json.dumps({"action": {"min": least, "max": greatest}}))
    return LeRobotInfo(source)


@pytest.mark.parametrize(
    ("low", "high", "found"),
    [
        (-1, 1, "unit"),
        (-0.7, 0.9, "unit"),
        (0, 10, "buckets"),
        (-32768, 32767, "int16"),
        (-20000, 32767, "int16"),
    ],
)
def test_statistics_say_what_sticks_are(tmp_path: Path, low: float, high: float, found: Sticks) -> None:
    info = ranged(tmp_path / "source", low, high)
    assert find_sticks(info, None) == find_sticks(info, found) == found


@pytest.mark.parametrize(("low", "high"), [(0, 1), (0, 9), (-128, 127), (0, 255), (-900, 1200), (0, 0)])
def test_statistics_that_allow_several_answers_are_refused(tmp_path: Path, low: float, high: float) -> None:
    with pytest.raises(ValueError, match=rf"sticks {low} to {high}, which does not say what they are; --sticks None"):
        find_sticks(ranged(tmp_path / "source", low, high), None)


def test_the_user_says_what_statistics_do_not(tmp_path: Path) -> None:
    info = ranged(tmp_path / "source", 0, 9)
    assert find_sticks(info, "buckets") == "buckets"
    with pytest.raises(ValueError, match=r"sticks 0 to 9.*; --sticks unit; allowed: buckets \(0 to 10\), unit"):
        find_sticks(info, "unit")


@pytest.mark.parametrize("asked", ["int16", "buckets"])
def test_what_statistics_deny_is_refused(tmp_path: Path, asked: Sticks) -> None:
    with pytest.raises(ValueError, match=rf"sticks -1 to 1, which is --sticks unit; --sticks {asked}; allowed"):
        find_sticks(ranged(tmp_path / "source", -1, 1), asked)


def test_analog_triggers_on_another_scale_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"statistics of action: buttons 0 to 255; allowed: 0 to 1"):
        find_sticks(ranged(tmp_path / "source", -1, 1, button=255), None)


def test_the_range_is_that_of_all_episodes(tmp_path: Path) -> None:
    source = make(tmp_path / "source", version="v2.1")
    ranges = [(-1, 1), (-32768, 32767)]
    lines = [
        {
            "episode_index": e,
            "stats": {"action": {"min": [0, *[low] * 4, *[0] * 12], "max": [0, *[high] * 4, *[1] * 12]}},
        }
        for e, (low, high) in enumerate(ranges)
    ]
    (source / "meta" / "episodes_stats.jsonl").write_text("\n".join(map(json.dumps, lines)))
    assert find_sticks(LeRobotInfo(source), None) == "int16"


def test_without_statistics_the_user_is_asked(tmp_path: Path) -> None:
    source = make(tmp_path / "source")
    (source / "meta" / "stats.json").unlink()
    info = LeRobotInfo(source)
    with pytest.raises(ValueError, match=r"are missing, .*; allowed: --sticks buckets\|unit\|int16"):
        find_sticks(info, None)
    assert find_sticks(info, "unit") == "unit"


def test_damaged_statistics_are_named(tmp_path: Path) -> None:
    source = make(tmp_path / "source")
    for text in ('{"action": {"min": [', '{"action": {"min": [0]}}', '{"action": {"min": [0], "max": [1]}}'):
        (source / "meta" / "stats.json").write_text(text)
        with pytest.raises(ValueError, match=r"stats\.json: .*; allowed: min and max of action"):
            find_sticks(LeRobotInfo(source), None)


def test_both_ends_of_16_bits_are_full_deflections() -> None:
    values = np.zeros((5, 16))
    values[:, 12] = (-32768, -16384, 0, 16384, 32767)
    np.testing.assert_array_equal(gamepad_actions(values, "int16", "pad")[:, 12], [0, 3, 5, 8, 10])
    with pytest.raises(ValueError, match=r"a stick is not -32768 to 32767 \(--sticks int16\)"):
        gamepad_actions(values * 2, "int16", "pad")
