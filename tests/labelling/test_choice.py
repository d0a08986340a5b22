from collections import Counter
from collections.abc import Sequence
from itertools import combinations
from typing import Any

import pytest

from padzoo.datamodules.judges.judgement import Judgement
from padzoo.labelling.choice import Choice

KEYS = [f"clip-{number}" for number in range(12)]


def ranked(clips: list[str], who: str = "ann", number: int = 0) -> Judgement:
    return Judgement(f"{who}-{number}", clips, "ranked", list(range(1, 1 + len(clips))), who, "now", 1.0)


def labelled(choice: Choice, rounds: int, who: str = "ann", before: Sequence[Judgement] = ()) -> list[Judgement]:
    judgements = list(before)
    for number in range(rounds):
        clips = choice.next(who, judgements)
        assert clips is not None
        judgements.append(ranked(clips, who, number))
    return judgements[len(before) :]


@pytest.mark.parametrize("ways", [2, 3, 4, 5])
def test_clips_are_shown_evenly_in_random_places_and_no_set_twice(ways: int) -> None:
    found = labelled(Choice(KEYS, ways), 60)
    sets = [frozenset(each.clips) for each in found]
    assert {len(each) for each in sets} == {ways}
    assert len(set(sets)) == 60
    shown = Counter(clip for each in found for clip in each.clips)
    assert max(shown.values()) - min(shown.values()) <= 3
    first = Counter(each.clips[0] for each in found)
    assert len(first) > 6
    assert any(each.clips != sorted(each.clips) for each in found)


def test_the_draw_resumes_and_differs_between_labellers_and_seeds() -> None:
    found = labelled(Choice(KEYS), 20)
    again = labelled(Choice(KEYS), 10, before=found[:10])
    assert [each.clips for each in again] == [each.clips for each in found[10:]]
    assert Choice(KEYS).next("bob", []) != Choice(KEYS).next("ann", []) != Choice(KEYS, seed=1).next("ann", [])


def test_every_set_is_shown_and_then_there_is_none() -> None:
    choice = Choice(KEYS[:5], 3)
    found = labelled(choice, 10)
    assert {frozenset(each.clips) for each in found} == set(map(frozenset, combinations(KEYS[:5], 3)))
    assert choice.next("ann", found) is None
    assert choice.next("bob", found) is not None


def test_a_share_is_shown_again_and_a_share_is_of_somebody_else() -> None:
    found = labelled(Choice(KEYS, repeats=0.3), 100)
    repeated = [count for count in Counter(frozenset(each.clips) for each in found).values() if count > 1]
    assert 15 <= len(repeated) <= 40
    assert set(repeated) == {2}
    bob = labelled(Choice(KEYS, seed=1, shared=0.5), 40, "bob", found)
    both = {frozenset(each.clips) for each in bob} & {frozenset(each.clips) for each in found}
    assert len(both) >= 12
    assert len({frozenset(each.clips) for each in bob}) == 40


def test_the_most_disagreement_is_shown_where_it_is_known() -> None:
    def doubts(judgements: Sequence[Judgement], candidates: Sequence[Sequence[str]]) -> list[float] | None:
        return [sum(clip == "clip-7" for clip in each) for each in candidates] if len(judgements) >= 3 else None

    found = labelled(Choice(KEYS, disagreement=doubts), 20)
    assert all("clip-7" in each.clips for each in found[3:])
    assert len({frozenset(each.clips) for each in found}) == 20


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"ways": 1}, "--ways 1: allowed: 2 to 5"),
        ({"ways": 5, "keys": KEYS[:4]}, "--ways 5: allowed: up to 4, which is how many trajectories there are"),
        ({"seed": -1}, "--seed -1: allowed: 0 or more"),
        ({"repeats": -0.1}, "--repeats -0.1: allowed: 0 to below 1"),
        ({"shared": 1.0}, "--shared 1.0: allowed: 0 to below 1"),
    ],
)
def test_what_is_not_allowed_is_named(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Choice(**({"keys": KEYS} | arguments))
