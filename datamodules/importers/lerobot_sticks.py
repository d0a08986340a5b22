"""What the sticks' numbers of a LeRobot data set are, by its own statistics."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from padzoo.core.gamepad import BUTTONS
from padzoo.datamodules.importers.gamepad_actions import RANGES, Sticks
from padzoo.datamodules.importers.lerobot_info import LeRobotInfo, check_file


def find_sticks(info: LeRobotInfo, asked: Sticks | None) -> Sticks:
    """Finds out what a stick's number is from the least and the greatest of the whole data set.

    One episode would not do: a stick that is hardly moved looks the same on every scale.

    Args:
        info: What the data set says about itself.
        asked: What the user says it is; None if nothing.

    Returns:
        What it is.

    Raises:
        ValueError: If the statistics are missing or allow several answers and nothing was asked for, or they allow
            another answer alone.
    """
    extremes = list(_extremes(info))
    where = f"{info.folder / 'meta'}: statistics of {info.action}"
    if not extremes:
        if asked:
            return asked
        raise ValueError(
            f"{where} are missing, which say what a stick's number is; allowed: --sticks {'|'.join(RANGES)}"
        )
    low = np.min([low for low, _ in extremes], axis=0)
    high = np.max([high for _, high in extremes], axis=0)
    buttons, axes = slice(len(BUTTONS)), slice(len(BUTTONS), None)
    if not (low[buttons].min() >= 0 and high[buttons].max() <= 1):
        raise ValueError(f"{where}: buttons {low[buttons].min():g} to {high[buttons].max():g}; allowed: 0 to 1")
    least, greatest = float(low[axes].min()), float(high[axes].max())
    found = _by_range(least, greatest)
    fits = asked is not None and RANGES[asked][0] <= least and greatest <= RANGES[asked][1]
    if (asked is None and found is None) or (asked is not None and (not fits or found not in (None, asked))):
        means = f", which is --sticks {found}" if found else ", which does not say what they are"
        ranges = ", ".join(f"{name} ({low} to {high})" for name, (low, high) in RANGES.items())
        raise ValueError(f"{where}: sticks {least:g} to {greatest:g}{means}; --sticks {asked}; allowed: {ranges}")
    answer = asked or found
    assert answer is not None
    return answer


def _by_range(least: float, greatest: float) -> Sticks | None:
    """Returns the one scale that a whole data set's range can be of; None if that is not sure."""
    if -1 <= least < 0 < greatest <= 1:
        return "unit"
    if (least, greatest) == RANGES["buckets"]:
        return "buckets"
    low, high = RANGES["int16"]
    if low <= least < low / 2 and high / 2 < greatest <= high:
        return "int16"
    return None


def _extremes(info: LeRobotInfo) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Yields the least and greatest numbers of the gamepad's parts, `(16,)` each, of the set or of each episode."""
    whole, each = info.folder / "meta" / "stats.json", info.folder / "meta" / "episodes_stats.jsonl"
    try:
        if whole.is_file():
            statistics: list[Mapping[str, Any]] = [json.loads(check_file(whole).read_text(encoding="utf-8-sig"))]
        elif each.is_file():
            lines = check_file(each).read_text(encoding="utf-8-sig").splitlines()
            statistics = [json.loads(line)["stats"] for line in lines if line.strip()]
        else:
            statistics = []
        for found in statistics:
            if info.action in found:
                low, high = (np.asarray(found[info.action][name], dtype=np.float64) for name in ("min", "max"))
                yield low.ravel()[info.columns], high.ravel()[info.columns]
    except (LookupError, TypeError, json.JSONDecodeError) as error:
        raise ValueError(
            f"{whole if whole.is_file() else each}: {error!r}; allowed: min and max of {info.action}; if the download "
            "was cut off, start it again"
        ) from None
