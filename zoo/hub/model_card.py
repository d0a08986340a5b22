"""The README of a checkpoint: its card in the Hugging Face Hub's model-card format."""

from collections.abc import Iterator, Mapping
from typing import Final

from huggingface_hub import EvalResult, ModelCardData

from padzoo.zoo.hub.card import WEIGHTS, Ancestor, Card, Result

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


def model_card(card: Card) -> str:
    """Renders the README of a checkpoint.

    Args:
        card: Its card.

    Returns:
        Markdown that begins with the Hub's metadata.
    """
    title = card.name or f"a {card.network} of PadZoo"
    parts = [f"---\n{_metadata(card, title)}\n---", f"# {title}", _summary(card), USE[card.network].format(name=title)]
    parts += [_results(result) for result in card.results]
    if card.parents:
        parts.append("## Lineage\n\n" + "\n".join(_lineage(card.parents)))
    if card.data:
        rows = [f"| {data.name} | {data.samples:,} | {_count(data.frames)} | `{data.sha256}` |" for data in card.data]
        header = "| set | trajectories or preferences | frames | sha256 of its manifest |\n| --- | ---: | ---: | --- |"
        parts.append("\n".join(["## Training data\n", header, *rows]))
    if card.commands:
        parts.append("\n".join(["## Commands\n", "```sh", *card.commands, "```"]))
    return "\n\n".join([*parts, _files(card)]) + "\n"


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


def _summary(card: Card) -> str:
    config = ", ".join(f"{key} {value}" for key, value in card.config.items() if not isinstance(value, dict))
    rows = {
        "network": f"{card.network}, {card.parameters:,} parameters" + (f" ({config})" if config else ""),
        "observation": card.observation,
        "actions": f"`{card.schema}`",
        "precision": card.dtype,
        "weights": f"sha256 `{card.sha256}`",
        "code": f"{card.source.url or 'PadZoo'} at `{card.source.revision}`",
        "training seed": str(card.seed),
        "licence": card.license,
    }
    if card.base:
        rows["stored on"] = f"{card.base.name} (`{card.base.sha256}`): only what differs is in `{WEIGHTS}`"
    return "\n".join(["| | |", "| --- | --- |", *(f"| {key} | {value} |" for key, value in rows.items())])


def _results(result: Result) -> str:
    how = ", ".join(f"{key} {value}" for key, value in result.measured.items() if key not in HIDDEN)
    rows = [f"| {name} | {rate.count:,} | {rate} |" for name, rate in result.rates.items()]
    header = f"| of {result.trials:,} {result.of} | times | rate, 95 % Wilson interval |\n| --- | ---: | --- |"
    return "\n".join(["## Results\n", f"Measured on these very weights: {how}.\n", header, *rows])


def _lineage(parents: Mapping[str, Ancestor]) -> Iterator[str]:
    for depth, role, ancestor in lineage(parents):
        yield f"{'  ' * depth}- {role}: {ancestor.name} (`{ancestor.sha256}`)"


def _count(frames: int | None) -> str:
    return "" if frames is None else f"{frames:,}"


def _files(card: Card) -> str:
    rows = [f"| {name} | {file.bytes:,} | `{file.sha256}` |" for name, file in card.files.items()]
    return "\n".join(["## Files\n", "| file | bytes | sha256 |", "| --- | ---: | --- |", *rows])
