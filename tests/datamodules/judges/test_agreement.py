from itertools import combinations

import krippendorff
import numpy as np
import pytest

from padzoo.core.wilson import wilson
from padzoo.datamodules.judges.agreement import (
    Comparison,
    Share,
    accuracy,
    agreement,
    alpha,
    comparisons,
    leftmost,
    self_agreement,
)
from padzoo.datamodules.judges.judgement import Judgement
from padzoo.datamodules.judges.preference import Preference

CLIPS = [f"clip-{number:02}" for number in range(20)]


def rank(number: int, clips: list[str], ranks: list[int], who: str = "ann") -> Judgement:
    return Judgement(f"{who}-{number}", clips, "ranked", ranks, who, "now", 2.0)


def labelled(who: str, error: float, rounds: int, seed: int, sets_seed: int = 0) -> list[Judgement]:
    """A labeller who takes the later clip for better, and answers at random in a share of the rounds."""
    sets, rng = np.random.default_rng(sets_seed), np.random.default_rng(seed)
    found = []
    for number in range(rounds):
        clips = [CLIPS[row] for row in sets.permutation(20)[:4]]
        order = sorted(clips, reverse=True) if rng.random() >= error else rng.permutation(clips).tolist()
        found.append(rank(number, clips, [1 + order.index(clip) for clip in clips], who))
    return found


def by(who: str, found: list[Comparison]) -> list[Comparison]:
    return [each for each in found if each.who == who]


def later(first: str, second: str) -> int:
    return (first > second) - (first < second)


def test_judgements_and_preferences_are_comparisons() -> None:
    found = comparisons([rank(0, ["a", "b", "c"], [2, 1, 2]), Preference("x", "y", "left")])
    verdicts = {frozenset(each.pair): each.verdict * (1 if each.pair[0] < each.pair[1] else -1) for each in found}
    assert verdicts == {frozenset("ab"): -1, frozenset("ac"): 0, frozenset("bc"): 1, frozenset("xy"): 1}
    assert [each.leftmost for each in found] == [-1, 0, 1, 0]
    assert [each.round for each in found] == [0, 0, 0, 1]


def test_the_order_of_a_pair_says_nothing() -> None:
    found = comparisons([Preference(winner, loser, "x") for loser, winner in combinations(CLIPS, 2)])
    assert 70 < sum(each.verdict == 1 for each in found) < 120


def test_with_oneself_each_other_and_the_truth() -> None:
    ann, bob = labelled("ann", 0, 60, 1), labelled("bob", 0.4, 60, 2)
    found = comparisons([*ann, *bob])
    right = accuracy(by("ann", found), later)
    assert right is not None
    assert (right.count, right.rate) == (360, 1)
    assert (right.low, right.high) == pytest.approx(wilson(60, 60))  # rounds, not comparisons
    wrong = accuracy(by("bob", found), later)
    both = agreement(by("ann", found), by("bob", found))
    assert wrong is not None
    assert both is not None
    assert wrong.rate == pytest.approx(0.8, abs=0.1)
    assert both.rate == pytest.approx(wrong.rate, abs=0.05)  # ann is right
    assert agreement(by("bob", found), by("ann", found)) is not None
    mine, his = self_agreement(by("ann", found)), self_agreement(by("bob", found))
    assert mine is not None
    assert his is not None
    assert mine.rate == 1
    assert his.rate < 0.85


def test_intervals_cover_as_often_as_they_say_though_rounds_are_all_right_or_random() -> None:
    covered = 0
    for seed in range(200):
        found = comparisons(labelled("bob", 0.4, 40, seed, sets_seed=seed + 1000))
        share = accuracy(found, later)
        assert share is not None
        covered += share.low <= 0.8 <= share.high
    assert 184 <= covered <= 199
    assert Share.of([]) is None
    alone = Share.of((number, number % 4 > 0) for number in range(80))
    assert alone is not None
    assert (alone.low, alone.high) == pytest.approx(wilson(60, 80), abs=2e-3)  # one comparison a round


def test_places_that_matter_are_seen() -> None:
    fair = leftmost(comparisons(labelled("ann", 0, 100, 0)))
    assert fair is not None
    assert fair.low < 0.5 < fair.high
    rounds = [rank(number, list(each.clips), [1, 2, 3, 4]) for number, each in enumerate(labelled("x", 0, 100, 0))]
    biased = leftmost(comparisons(rounds))
    assert biased is not None
    assert biased.rate == 1


def test_alpha_is_the_library_s_and_its_interval_holds_it() -> None:
    ann, bob = labelled("ann", 0, 60, 1), labelled("bob", 0.4, 60, 2)
    found = comparisons([*ann, *bob])
    said = {who: by(who, found) for who in ("ann", "bob")}
    measured = alpha(said)
    assert measured is not None
    first: dict[tuple[str, str], dict[str, int]] = {}
    for each in found:
        first.setdefault(each.pair, {}).setdefault(each.who, each.verdict)
    table = [[each[who] for each in first.values()] for who in ("ann", "bob")]
    assert measured.pairs == len(first)
    assert measured.value == pytest.approx(krippendorff.alpha(np.array(table), level_of_measurement="ordinal"))
    assert measured.low < measured.value < measured.high
    assert 0.3 < measured.value < 0.9
    perfect = alpha({who: by("ann", found) for who in ("one", "two")})
    assert perfect is not None
    assert (perfect.value, perfect.low, perfect.high) == (1, 1, 1)
    assert alpha({"ann": said["ann"], "bob": []}) is None
