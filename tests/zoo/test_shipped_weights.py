"""The checkpoints that are installed with the package."""

import pytest

from padzoo.zoo import hub
from padzoo.zoo.hub import index
from padzoo.zoo.hub.card import Ancestor
from padzoo.zoo.hub.golden import check_golden
from padzoo.zoo.hub.index import catalog

SHIPPED = {name: item for name, item in catalog().items() if item.embedded}
POLICIES = ("base", "sft", "aligned_left", "aligned_right")


def family(size: str) -> set[str]:
    """Names the whole family of a size."""
    return {f"policy_{size}.{tag}" for tag in POLICIES} | {f"reward_{size}.{side}" for side in ("left", "right")}


def forebears(parents: dict[str, Ancestor]) -> set[str]:
    """Names everything that a checkpoint was made from."""
    names = {ancestor.name for ancestor in parents.values()}
    return names.union(*(forebears(ancestor.parents) for ancestor in parents.values()))


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_checkpoint_gives_its_golden_output(name: str) -> None:
    check_golden(hub.load(name), SHIPPED[name].card().golden, name)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_card_names_commands_data_results_and_shipped_parents(name: str) -> None:
    card = SHIPPED[name].card()
    assert card.commands
    assert card.data
    assert card.source.revision != "unknown"
    if not name.endswith(".base"):
        assert name.replace("reward", "policy").partition(".")[0] + ".base" in forebears(card.parents)
    (result,) = card.results
    assert result.trials >= 1000
    assert all(rate.low <= rate.percent <= rate.high for rate in result.rates.values())


def test_families_are_whole_and_small() -> None:
    sizes = {name.partition("_")[2].partition(".")[0] for name in SHIPPED}
    assert set(SHIPPED) == set().union(*map(family, sizes))
    files = [path for path in index.EMBEDDED.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 25e6
    assert len(files) == 1 + 3 * len(SHIPPED)  # the index; weights, card and README of each
