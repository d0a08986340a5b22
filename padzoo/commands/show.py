"""`padzoo show`: the card of a checkpoint and its lineage."""

from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.tree import Tree

from padzoo.zoo.hub.cache import read_card
from padzoo.zoo.hub.card import Ancestor, Card
from padzoo.zoo.hub.catalog import Catalog


def show(ref: str) -> None:
    """Prints what is known about a checkpoint; of one that is elsewhere the card alone is read.

    Args:
        ref: A name of the zoo or a folder of weights.
    """
    if Path(ref).exists():
        card, source = Card.read(Path(ref)), ref
    else:
        checkpoint = Catalog.load().find(ref)
        card, source = read_card(checkpoint), checkpoint.url
    facts = _facts(card, source)
    width = max(map(len, facts)) + 2
    for name, value in facts.items():
        print(f"{name:{width}}{value}")
    for command in card.commands:
        print(f"$ {command}")
    tree = Tree(f"{card.name or ref} {card.sha256[:12]}")
    _grow(tree, card.parents)
    Console().print(tree)


def _facts(card: Card, source: str) -> dict[str, str]:
    config = ", ".join(f"{key} {value}" for key, value in card.config.items())
    stored = f"{card.bytes:,} bytes, {card.dtype}"
    facts = {
        "network": f"{card.network}, {card.parameters:,} parameters; {config}",
        "observation": card.observation,
        "actions": card.schema,
        "stored": f"{stored}, on {card.base.name}" if card.base else stored,
        "sha256": card.sha256,
        "source": source,
        "code": f"{card.source.url or 'PadZoo'} at {card.source.revision}",
        "training seed": str(card.seed),
        "licence": card.license,
    }
    facts |= {f"data: {data.name}": f"{data.samples:,}, sha256 {data.sha256}" for data in card.data}
    for result in card.results:
        facts[f"of {result.trials:,} {result.of}"] = ", ".join(f"{name} {rate}" for name, rate in result.rates.items())
    return facts


def _grow(tree: Tree, parents: Mapping[str, Ancestor]) -> None:
    for role, ancestor in parents.items():
        _grow(tree.add(f"{role}: {ancestor.name} {ancestor.sha256[:12]}"), ancestor.parents)
