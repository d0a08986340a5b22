import pytest

from padzoo.core.trajectory import TrajectorySummary
from padzoo.datamodules.judges.criterion import criterion


def summary(outcome: str, length: int) -> TrajectorySummary:
    return TrajectorySummary(f"{outcome}-{length}", length, {"outcome": outcome})


def longest(found: TrajectorySummary) -> int | None:
    return None if found.meta["outcome"] == "none" else found.length


@pytest.mark.parametrize(
    ("name", "others"), [("left", "middle right"), ("middle", "left right"), ("right", "left middle")]
)
def test_pads_rank_as_in_the_paper(name: str, others: str) -> None:
    rank = criterion(name)
    best_first = [summary(name, 60), summary(name, 80), summary(others.split()[0], 50), summary("none", 40)]
    assert sorted(best_first, key=rank, reverse=True) == best_first
    assert rank(summary(others.split()[0], 70)) == rank(summary(others.split()[1], 70))
    assert rank(summary("none", 100)) == rank(summary("success", 100))  # another game's outcome is no pad


def test_a_dotted_path_finds_a_function() -> None:
    rank = criterion("operator.attrgetter")
    assert callable(rank)
    assert criterion(f"{__name__}.longest") is longest


@pytest.mark.parametrize("name", ["up", "", "os.no_such_function", "no_such_module.f", "math.pi"])
def test_refuses_what_is_no_criterion(name: str) -> None:
    with pytest.raises(ValueError, match=f"criterion '{name}': not"):
        criterion(name)


def test_names_a_trajectory_without_an_outcome() -> None:
    with pytest.raises(ValueError, match="trajectory 'odd': its meta has no 'outcome'"):
        criterion("left")(TrajectorySummary("odd", 3, {}))
