import pytest
import torch

from padzoo.zoo.learn.preference_accuracy import PreferenceAccuracy

# Six preferences: four between categories, three of them right; two within one, one of them a tie.
WINNERS = torch.tensor([3.0, 2.0, 5.0, 0.0, 7.0, 1.0])
LOSERS = torch.tensor([1.0, 1.0, 1.0, 4.0, 6.0, 1.0])
SAME = torch.tensor([False, False, False, False, True, True])


def test_pairs_between_categories_and_within_them_are_counted_apart() -> None:
    metric = PreferenceAccuracy()
    for part in (slice(0, 3), slice(3, 5), slice(5, 6)):  # batches that lack one kind or the other
        metric.update(WINNERS[part], LOSERS[part], SAME[part])
    found = {name: float(value) for name, value in metric.compute().items()}
    assert found == pytest.approx({"accuracy": 4 / 6, "accuracy/between": 3 / 4, "accuracy/within": 1 / 2})


def test_a_model_that_knows_the_category_alone_does_not_order_pairs_within_one() -> None:
    """By length alone, which decides within a category, it is the other way round."""
    metric = PreferenceAccuracy()
    pads, lengths = torch.tensor([[2.0, 1.0], [1.0, 0.0], [2.0, 2.0]]).T, torch.tensor([[80, 60], [70, 60], [50, 60]]).T
    same = pads[0] == pads[1]
    metric.update(*pads, same)
    assert {name: float(value) for name, value in metric.compute().items() if "/" in name} == {
        "accuracy/between": 1.0,
        "accuracy/within": 0.0,
    }
    metric.reset()
    metric.update(*-lengths, same)
    assert {name: float(value) for name, value in metric.compute().items() if "/" in name} == {
        "accuracy/between": 0.0,
        "accuracy/within": 1.0,
    }


@pytest.mark.parametrize(
    ("same", "names"),
    [
        (None, {"accuracy"}),
        (torch.zeros(6, dtype=torch.bool), {"accuracy", "accuracy/between"}),
        (torch.ones(6, dtype=torch.bool), {"accuracy", "accuracy/within"}),
    ],
    ids=["unknown", "between", "within"],
)
def test_what_there_are_no_pairs_of_has_no_figure(same: torch.Tensor | None, names: set[str]) -> None:
    metric = PreferenceAccuracy()
    metric.update(WINNERS, LOSERS, same)
    assert metric.compute().keys() == names
