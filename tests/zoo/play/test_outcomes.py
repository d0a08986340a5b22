import pytest

from padzoo.zoo.play.outcomes import Outcomes


def test_rates() -> None:
    outcomes = Outcomes(("none", "left", "right"))
    outcomes.update(["left", "none"])
    outcomes.update(["left", "left"])
    assert {name: float(rate) for name, rate in outcomes.compute().items()} == {
        "none": 0.25,
        "left": 0.75,
        "right": 0.0,
        "success": 0.75,
    }


def test_without_episodes_nothing_succeeded() -> None:
    outcomes = Outcomes(("none", "left", "right"))
    outcomes.update([])
    assert outcomes.compute()["success"] == 0


def test_an_outcome_that_the_game_never_declared_is_named() -> None:
    with pytest.raises(ValueError, match=r"^outcome 'won': allowed, as the game declares: none, left$"):
        Outcomes(("none", "left")).update(["left", "won"])
