from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from padzoo.datamodules.judges.judge import compare, find_judge
from padzoo.datamodules.judges.preference import Preference, Verdict
from padzoo.datamodules.sets.shard_set import ShardSet

PAIRS = np.array([[5, 2], [2, 9], [0, 1], [3, 4]])


class Answers:
    """Gives the answers of a list."""

    answers: tuple[Any, ...] = ("first", "second", "tie", "abstain")

    def __call__(self, trajectories: ShardSet, pairs: NDArray[np.int64]) -> Iterator[Verdict]:
        return iter(self.answers)


class Unbuildable:
    def __init__(self, wanted: int) -> None: ...


NOTHING = 3


def test_ties_and_abstentions_give_no_preference(shards: Path) -> None:
    name = f"{__name__}.Answers"
    found, verdicts = compare(ShardSet(shards), PAIRS, name)
    assert found == [Preference("pattern-005", "pattern-002", name), Preference("pattern-009", "pattern-002", name)]
    assert verdicts == {"first": 1, "second": 1, "tie": 1, "abstain": 1}


def test_preferences_say_whether_both_are_of_one_category(shards: Path) -> None:
    trajectories = ShardSet(shards)
    pads = {each.key: each.meta["outcome"] for each in trajectories.summaries()}
    pairs = np.array(list(combinations(range(24), 2)))
    found, _ = compare(trajectories, pairs, "left")
    for each in found:
        wanted = [pads[key] == "left" for key in (each.winner, each.loser)]
        reached = [pads[key] != "none" for key in (each.winner, each.loser)]
        assert each.same_category == (wanted[0] == wanted[1] and reached[0] == reached[1])
    assert {each.same_category for each in found} == {True, False}


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        (("first",), r"judge '.*Answers': 1 verdicts; allowed: 4, one a pair"),
        (("first", "left", "tie", "tie"), r"verdict 'left'; allowed: first, second, tie, abstain"),
    ],
)
def test_other_verdicts_are_refused(
    shards: Path, monkeypatch: pytest.MonkeyPatch, answers: tuple[str, ...], message: str
) -> None:
    monkeypatch.setattr(Answers, "answers", answers)
    with pytest.raises(ValueError, match=message):
        compare(ShardSet(shards), PAIRS, f"{__name__}.Answers")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("up", "judge 'up': not known; allowed: left, middle, right, or a dotted path"),
        ("lefd", "did you mean 'left'?"),
        ("os.no_such_function", "module os has no 'no_such_function'"),
        ("no_such_module.f", "cannot import no_such_module"),
        (f"{__name__}.NOTHING", "cannot judge; allowed: a class that does, or a function of a summary"),
        (f"{__name__}.Unbuildable", "allowed: a class that is built without arguments"),
    ],
)
def test_what_cannot_judge_is_refused(name: str, message: str) -> None:
    with pytest.raises(ValueError, match=r"^judge") as caught:
        find_judge(name)
    assert message in str(caught.value)
