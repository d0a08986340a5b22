from pathlib import Path

import pytest

from padzoo.datamodules.judges.judgement_file import JudgementFile
from padzoo.labelling import desk
from padzoo.labelling.choice import Choice
from padzoo.labelling.desk import Conflict, Desk, Progress

KEYS = [f"clip-{number}" for number in range(4)]


@pytest.fixture
def file(tmp_path: Path) -> JudgementFile:
    return JudgementFile(tmp_path / "labels.jsonl")


def test_a_labeller_works_through_every_set(file: JudgementFile) -> None:
    there = Desk(file, Choice(KEYS, 3))
    for number in range(4):
        found = there.round("ann")
        assert found is not None
        assert [there.clip(found.name, place) for place in (-1, 0, 1, 2, 3)] == [None, *found.clips, None]
        there.judge("ann", found.name, [1, 2, 3] if number else None, 2.0 + number)
        assert there.clip(found.name, 0) is None
    assert there.round("ann") is None
    assert there.progress("ann") == Progress(rounds=3, skipped=1, comparisons=9, ties=0, seconds=4.0)
    there.undo("ann", None)
    again = there.round("ann")
    assert again is not None
    assert again.name == found.name
    assert there.round("bob") is not None


def test_a_round_that_is_not_open_is_a_conflict(file: JudgementFile) -> None:
    there = Desk(file, Choice(KEYS, 2))
    found = there.round("ann")
    assert found is not None
    with pytest.raises(Conflict, match="this round is no longer open"):
        there.judge("bob", found.name, [1, 2], 1.0)
    with pytest.raises(ValueError, match="allowed: 2 numbers from 1, one a clip"):
        there.judge("ann", found.name, [1, 2, 3], 1.0)
    assert there.round("ann") == found
    assert file.judgements == []


def test_labellers_are_bounded(file: JudgementFile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk, "LABELLERS", 3)
    there = Desk(file, Choice(KEYS, 2))
    opened = [there.round(who) for who in ("ann", "bob", "eve")]
    with pytest.raises(Conflict, match="more than 3 labellers at once"):
        there.round("dan")
    assert [there.round(who) for who in ("ann", "bob", "eve")] == opened


def test_two_servers_never_take_the_same_clips_twice_from_one_labeller(file: JudgementFile) -> None:
    here, there = Desk(file, Choice(KEYS, 3)), Desk(JudgementFile(file.path), Choice(KEYS, 3))
    first, second = here.round("ann"), there.round("ann")
    assert first is not None
    assert second is not None
    assert first.clips == second.clips
    here.judge("ann", first.name, [1, 2, 3], 1.0)
    with pytest.raises(Conflict, match="it was judged elsewhere"):
        there.judge("ann", second.name, [3, 2, 1], 1.0)
    another = there.round("ann")
    assert another is not None
    assert set(another.clips) != set(first.clips)
    there.judge("ann", another.name, [1, 1, 1], 1.0)
    assert [each.clips for each in JudgementFile(file.path).judgements] == [first.clips, another.clips]
