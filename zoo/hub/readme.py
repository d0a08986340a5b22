"""The README of a checkpoint: its card in the Hugging Face Hub's model-card format."""

from collections.abc import Iterator, Mapping
from typing import Final

import yaml
from huggingface_hub import EvalResult, ModelCardData

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


def readme(card: Card) -> str:
    """Renders the README of a checkpoint.

    Args:
        card: Its card, with the size and hash of its weights among the files.

    Returns:
        Markdown that begins with the Hub's metadata.
    """
    title = card.name or f"a {card.network} of PadZoo"
    facts = "\n".join(["| | |", "| --- | --- |", *(f"| {key} | {value} |" for key, value in card.facts.items())])
    parts = [f"---\n{_metadata(card, title)}\n---", f"# {title}", facts, USE[card.network].format(name=title)]
    parts += [_results(result) for result in card.results]
    if card.parents:
        parts.append("## Lineage\n\n" + "\n".join(_branches(card.parents)))
    if card.data:
        rows = [f"| {data.name} | {data.samples:,} | {_count(data.frames)} | `{data.sha256}` |" for data in card.data]
        header = "| set | trajectories or preferences | frames | sha256 of its manifest |\n| --- | ---: | ---: | --- |"
        parts.append("\n".join(["## Training data\n", header, *rows]))
    if card.commands:
        parts.append("\n".join(["## Commands\n", "```sh", *card.commands, "```"]))
    if card.configuration:
        parts.append(f"## Configuration\n\n```yaml\n{yaml.safe_dump(card.configuration, sort_keys=False)}```")
    rows = [f"| {name} | {file.bytes:,} | `{file.sha256}` |" for name, file in card.files.items()]
    parts.append("\n".join(["## Files\n", "| file | bytes | sha256 |", "| --- | ---: | --- |", *rows]))
    return "\n\n".join(parts) + "\n"


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
    names = sorted({ancestor.name for _, _, ancestor in lineage(card.parents)})
    data = ModelCardData(
        license=card.license.lower(),
        library_name="padzoo",
        pipeline_tag=TASK,
        tags=["padzoo", card.network, card.schema, *(f"parent:{name}" for name in names)],
        model_name=title,
        eval_results=[
            EvalResult(
                task_type=TASK,
                dataset_type=str(result.measured.get("env", result.of)),
                dataset_name=str(result.measured.get("env", result.of)),
                metric_type=name,
                metric_value=rate.percent,
                metric_name=f"{name}, percent of {result.trials} {result.of}",
            )
            for result in card.results
            for name, rate in result.rates.items()
        ]
        or None,
    )
    return data.to_yaml().strip()


def _results(result: Result) -> str:
    how = ", ".join(f"{key} {value}" for key, value in result.measured.items() if key not in HIDDEN)
    rows = [f"| {name} | {rate.count:,} | {rate} |" for name, rate in result.rates.items()]
    header = f"| of {result.trials:,} {result.of} | times | rate, 95 % Wilson interval |\n| --- | ---: | --- |"
    return "\n".join(["## Results\n", f"Measured on these very weights: {how}.\n", header, *rows])


def _branches(parents: Mapping[str, Ancestor]) -> Iterator[str]:
    for depth, role, ancestor in lineage(parents):
        yield f"{'  ' * depth}- {role}: {ancestor.name} (`{ancestor.sha256}`)"


def _count(frames: int | None) -> str:
    return "" if frames is None else f"{frames:,}"
