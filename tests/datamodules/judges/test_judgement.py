from typing import Any

import pytest

from padzoo.datamodules.judges.judgement import Judgement, parse, standing


def judged(round_: str = "r", **changes: Any) -> Judgement:
    about: dict[str, Any] = {"clips": ["a", "b", "c"], "state": "ranked", "ranks": [2, 1, 2], "who": "ann"}
    return Judgement(**{"round": round_, "at": "2026-11-29T12:00:00+00:00", "seconds": 3.5, **about, **changes})


def test_a_ranking_is_all_its_comparisons() -> None:
    assert list(judged().pairs) == [("b", "a", False), ("a", "c", True), ("b", "c", False)]
    ranking = judged(clips=list("abcde"), ranks=[3, 1, 5, 2, 4])
    assert len(list(ranking.pairs)) == 10
    order = "bdaec"
    assert all(order.index(winner) < order.index(loser) for winner, loser, _ in ranking.pairs)
    assert not list(judged(state="skipped", ranks=None).pairs)


def test_the_last_judgement_of_a_round_counts() -> None:
    undone = judged(state="undone", ranks=None)
    again = judged(ranks=[1, 1, 1])
    other = judged(who="bob")
    assert standing([judged(), other, undone]) == [other]
    assert standing([judged(), undone, again, other]) == [again, other]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"clips": ["a"], "ranks": [1]}, r"f, line 3: clips \['a'\]: allowed: two or more, each once"),
        ({"clips": ["a", "b", "a"]}, "allowed: two or more, each once"),
        ({"ranks": None}, "ranks None of a round that is ranked"),
        ({"state": "skipped"}, "of a round that is skipped"),
        ({"ranks": [1, 2]}, "allowed: 3 numbers from 1, one a clip"),
        ({"ranks": [0, 1, 2]}, "allowed: 3 numbers from 1, one a clip"),
        ({"ranks": [1, 2, "x"]}, r"f, line 3: ranks\[2\] is 'x', expected int"),
        ({"state": "liked"}, "f, line 3: state is 'liked'"),
    ],
)
def test_what_is_no_judgement_is_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse(vars(judged()) | changes, "f, line 3")
