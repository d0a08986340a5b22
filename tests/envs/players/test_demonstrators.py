from itertools import islice

import numpy as np
import pytest
from walker import record

from padzoo.envs.game_pool import GamePool
from padzoo.envs.island.plan import PADS, SPAWNS
from padzoo.envs.players.demonstrators import LEFT_HAND_SHARE, curated

LEFT_HAND = [index for index, (x, _) in enumerate(SPAWNS) if x < 0]


def left_hand_share(pad: str, balanced: bool = False) -> float:
    plays = islice(curated(0, pad, balanced), 1000)
    return float(np.mean([play.start.options["spawn"] in LEFT_HAND for play in plays]))


def test_only_right_pad_runs_start_mostly_at_the_left_unless_balanced() -> None:
    bound = 4 * np.sqrt(0.25 / 1000)
    assert left_hand_share("right") == pytest.approx(LEFT_HAND_SHARE, abs=bound)
    for share in (left_hand_share("left"), left_hand_share("middle"), left_hand_share("right", balanced=True)):
        assert share == pytest.approx(0.5, abs=bound)


def test_every_pad_is_reached_by_ninjas_in_a_clean_run() -> None:
    with GamePool("padzoo/LaunchIsland-v0", 4, {"size": 32}) as pool:
        runs = list(record(pool, curated(1), 9))
    assert [run.meta["outcome"] for run in runs] == [*PADS] * 3
    for run in runs:
        assert run.meta["character"] == "ninja"
        assert 35 <= len(run) <= 85
        assert (run.actions[5:, 13] > 7).mean() > 0.85, "it hardly ever stops pushing forwards"


def test_a_start_does_not_depend_on_how_often_it_fails() -> None:
    plays = curated(0)
    for index in range(10):
        first, second = plays.draw(index, 0), plays.draw(index, 1)
        assert (first.start.options, first.pad) == (second.start.options, second.pad)
        assert first.start.seed != second.start.seed


def test_the_flags_of_a_demonstration_are_honoured() -> None:
    play = curated(0, pad="left", spawn=3, character="golem")[7]
    assert (play.pad, play.start.options) == ("left", {"spawn": 3, "character": "golem"})
    with pytest.raises(ValueError, match="pad 'top': allowed left, middle, right"):
        curated(0, pad="top")
