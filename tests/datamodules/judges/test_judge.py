from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from padzoo.datamodules.judges.judge import compare, find_judge
from padzoo.datamodules.judges.judgement import Judgement
from padzoo.datamodules.judges.ranks import Ranks
from padzoo.datamodules.sets.shard_set import ShardSet

PAIRS = np.array([[5, 2], [2, 9], [0, 1], [3, 4]])


class Answers:
    """Gives the answers of a list."""

    answers: tuple[Any, ...] = ([1, 2], [7, -4], [3, 3], None)

    def __call__(self, trajectories: ShardSet, groups: NDArray[np.int64]) -> Iterator[Ranks | None]:
        return iter(self.answers)


class Unbuildable:
    def __init__(self, wanted: int) -> None: ...


NOTHING = 3


def pattern(row: int) -> str:
    return f"pattern-{row:03d}"


def test_judgements_say_who_judged_what(shards: Path) -> None:
    name = f"{__name__}.Answers"
    found = compare(ShardSet(shards), PAIRS, name)
    assert [each.clips for each in found] == [[pattern(one), pattern(other)] for one, other in PAIRS]
    assert [each.ranks for each in found] == [[1, 2], [2, 1], [1, 1], None]
    assert [each.state for each in found] == ["ranked", "ranked", "ranked", "skipped"]
    assert {each.who for each in found} == {name}
    assert len({each.round for each in found}) == 4


def test_any_number_of_clips_is_ranked(shards: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Answers, "answers", ([5, 9, 5, 2], None))
    found, skipped = compare(ShardSet(shards), np.array([[5, 2, 9, 0], [1, 3, 4, 6]]), f"{__name__}.Answers")
    assert found.ranks == [2, 3, 2, 1]
    assert isinstance(skipped, Judgement)
    assert skipped.ranks is None


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        (([1, 2],), r"judge '.*Answers': ranks 1 groups of clips; allowed: all 4"),
        (([1, 2], "left", None, None), r"judge '.*Answers': ranks 'left': allowed: a list of 2 whole numbers, or None"),
    ],
)
def test_other_ranks_are_refused(
    shards: Path, monkeypatch: pytest.MonkeyPatch, answers: tuple[Any, ...], message: str
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
