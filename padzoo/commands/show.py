"""`padzoo show`: the card of a checkpoint and its lineage."""

from collections.abc import Mapping
from pathlib import Path
from textwrap import indent

import yaml
from rich.console import Console
from rich.tree import Tree

from padzoo.zoo.hub.card import Ancestor, Card
from padzoo.zoo.hub.index import find


def show(ref: str) -> None:
    """Prints what is known about a checkpoint; of one that is elsewhere the card alone is read.

    Args:
        ref: A name of the zoo or a folder of weights.
    """
    if Path(ref).exists():
        card, source = Card.read(Path(ref)), ref
    else:
        checkpoint = find(ref)
        card, source = checkpoint.card(), checkpoint.url
    known = _facts(card, source)
    width = max(map(len, known)) + 2
    for name, value in known.items():
        print(f"{name:{width}}{value}")
    for command in card.commands:
        print(f"$ {command}")
    tree = Tree(f"{card.name or ref} {card.sha256[:12]}")
    _grow(tree, card.parents)
    Console().print(tree)
    if card.configuration:
        print(f"configuration:\n{indent(yaml.safe_dump(card.configuration, sort_keys=False), '  ')}", end="")


def _facts(card: Card, source: str) -> dict[str, str]:
    known = card.facts | {"source": source}
    known |= {f"data: {data.name}": f"{data.samples:,}, sha256 {data.sha256}" for data in card.data}
    for result in card.results:
        known[f"of {result.trials:,} {result.what}"] = ", ".join(
            f"{name} {rate}" for name, rate in result.rates.items()
        )
    return known


def _grow(tree: Tree, parents: Mapping[str, Ancestor]) -> None:
    for role, ancestor in parents.items():
        _grow(tree.add(f"{role}: {ancestor.name} {ancestor.sha256[:12]}"), ancestor.parents)
