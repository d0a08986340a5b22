"""The README of a checkpoint: its card in the Hugging Face Hub's model-card format."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import yaml

from padzoo.zoo.hub.card import Ancestor, Card, Result

TASK: Final = "reinforcement-learning"
HIDDEN: Final = ("policy", "reward")  # the very weights of the card
USE: Final = {
    "policy": """```python
import padzoo

agent = padzoo.load("{name}")  # act with it, or `padzoo rollout --policy {name} --episodes 100 --out runs/played`
```""",
    "reward": """```sh
padzoo score runs/played --reward {name} --out runs/rewarded
```""",
}
DATA: Final = "| set | trajectories or preferences | frames | sha256 of its manifest |\n| --- | ---: | ---: | --- |"
FILES: Final = "| file | bytes | sha256 |\n| --- | ---: | --- |"


def readme(card: Card) -> str:
    """Renders a card, with its weights among the files, as Markdown that begins with the Hub's metadata."""
    title = card.name or f"a {card.network} of PadZoo"
    branches = [f"{'  ' * depth}- {role}: {each.name} (`{each.sha256}`)" for depth, role, each in lineage(card.parents)]
    data = [
        (each.name, f"{each.samples:,}", "" if each.frames is None else f"{each.frames:,}", f"`{each.sha256}`")
        for each in card.data
    ]
    files = [(name, f"{file.bytes:,}", f"`{file.sha256}`") for name, file in card.files.items()]
    configuration = card.configuration and yaml.safe_dump(card.configuration, sort_keys=False)
    parts = [
        f"---\n{_metadata(card, title)}\n---",
        f"# {title}",
        _table("| | |\n| --- | --- |", facts(card).items()),
        USE[card.network].format(name=title),
        *map(_results, card.results),
        "## Lineage\n\n" + "\n".join(branches) if branches else "",
        f"## Training data\n\n{_table(DATA, data)}" if data else "",
        "\n".join(["## Commands\n", "```sh", *card.commands, "```"]) if card.commands else "",
        f"## Configuration\n\n```yaml\n{configuration}```" if configuration else "",
        f"## Files\n\n{_table(FILES, files)}",
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def facts(card: Card) -> dict[str, str]:
    """Returns what people want to know of a checkpoint first, each in one line."""
    config = ", ".join(f"{key} {value}" for key, value in card.config.items())
    stored = f"{card.size:,} bytes, {card.dtype}"
    return {
        "network": f"{card.network}, {card.parameters:,} parameters; {config}",
        "observation": card.observation,
        "actions": card.schema,
        "stored": f"{stored}, on {card.base.name}: only what differs" if card.base else stored,
        "sha256": card.sha256,
        "code": f"{card.source.url or 'PadZoo'} at {card.source.revision}",
        "training seed": str(card.seed),
        "licence": card.license,
    }


def lineage(parents: Mapping[str, Ancestor], depth: int = 0) -> Iterator[tuple[int, str, Ancestor]]:
    """Walks through a lineage.

    Args:
        parents: The nearest ancestors by role.
        depth: How far these are from the network, less one.

    Yields:
        Depth, role and ancestor, each followed by its own.
    """
    for role, ancestor in parents.items():
        yield depth, role, ancestor
        yield from lineage(ancestor.parents, depth + 1)


def _metadata(card: Card, title: str) -> str:
    from huggingface_hub import EvalResult, ModelCardData  # 0.2 s

    results = []
    for result in card.results:
        of = str(result.measured.get("env", result.of))
        for name, rate in result.rates.items():
            metric = f"{name}, percent of {result.trials} {result.of}"
            results.append(EvalResult(TASK, of, of, name, rate.percent, metric_name=metric))
    names = sorted({ancestor.name for _, _, ancestor in lineage(card.parents)})
    return (
        ModelCardData(
            license=card.license.lower(),
            library_name="padzoo",
            pipeline_tag=TASK,
            tags=["padzoo", card.network, card.schema, *(f"parent:{name}" for name in names)],
            model_name=title,
            eval_results=results or None,
        )
        .to_yaml()
        .strip()
    )


def _results(result: Result) -> str:
    how = ", ".join(f"{key} {value}" for key, value in result.measured.items() if key not in HIDDEN)
    header = f"| of {result.trials:,} {result.of} | times | rate, 95 % Wilson interval |\n| --- | ---: | --- |"
    rows = [(name, f"{rate.count:,}", rate) for name, rate in result.rates.items()]
    return f"## Results\n\nMeasured on these very weights: {how}.\n\n{_table(header, rows)}"


def _table(header: str, rows: Iterable[Iterable[object]]) -> str:
    return "\n".join([header, *(f"| {' | '.join(map(str, row))} |" for row in rows)])
