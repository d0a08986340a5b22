"""The card of a checkpoint: everything that is known about its weights, as `card.yaml` and as a README for people.

The README is in the model-card format of the Hugging Face Hub.
"""

import builtins
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Final, Literal

import yaml

from padzoo.core.gamepad import check_schema
from padzoo.core.strict import build

CARD: Final = "card.yaml"
WEIGHTS: Final = "model.safetensors"
README: Final = "README.md"
LARGEST: Final = 2**20  # bytes of a card; those of the zoo have a few thousand
CHECKSUM: Final = "checksum: "  # begins the last line, the sha256 of all that stands above it

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

Kind = Literal["policy", "reward"]
Of = Literal["episodes", "preferences", "preferences between categories", "preferences within categories"]
Precision = Literal["float32", "float16", "bfloat16"]


@dataclass(frozen=True)
class File:
    """Size and sha256, hexadecimal, of a file of a checkpoint besides its card."""

    bytes: int
    sha256: str

    @classmethod
    def of(cls, content: builtins.bytes) -> "File":
        """Describes a file that holds `content`."""
        return cls(len(content), hashlib.sha256(content).hexdigest())


@dataclass(frozen=True)
class Base:
    """The checkpoint on which another is stored: tensors equal to the base's are not stored again."""

    name: str
    sha256: str  # of its weights
    prefix: str  # begins the names of its tensors in the network stored on it


@dataclass(frozen=True)
class Ancestor:
    """Weights that a network was made from, and by role those that they were made from."""

    name: str  # in the zoo, or the file's where they are not published
    sha256: str  # as they were used
    parents: dict[str, "Ancestor"] = field(default_factory=dict)


@dataclass(frozen=True)
class Data:
    """A set that a network learnt from."""

    name: str
    sha256: str  # fingerprint of the set's manifest, or of the file of preferences
    samples: int  # trajectories, or preferences
    frames: int | None  # None for preferences
    source: dict[str, Any]  # how it was made, seed among it


@dataclass(frozen=True)
class Rate:
    """How often something happened, with the 95 % Wilson interval in percent."""

    count: int
    percent: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.percent:.1f} % ({self.low:.1f} to {self.high:.1f})"


@dataclass(frozen=True)
class Result:
    """What was measured of the very weights that the card is of."""

    of: Of  # played, or held out and ordered
    trials: int
    rates: dict[str, Rate]  # of the outcomes of a game, or the `accuracy`
    measured: dict[str, Any]  # how: the command's arguments, seed among them

    @property
    def what(self) -> str:
        """What it is of, with how the game's episodes began where that has a name."""
        condition = (self.measured.get("options") or {}).get("condition")
        return f"{self.of}, condition {condition}" if condition else self.of


@dataclass(frozen=True)
class Source:
    """Repository and commit of the code that made a checkpoint."""

    url: str | None = None
    revision: str = "unknown"


@dataclass(frozen=True)
class Golden:
    """What the network gives for the input of a seed, by which a copy of it is tried; see `padzoo.zoo.hub.golden`."""

    seed: int
    output: list[float]


@dataclass(frozen=True, kw_only=True)
class About:
    """What a network itself cannot tell."""

    name: str = ""  # `arch.tag`; empty if it has none
    license: str = "MIT"  # SPDX identifier of the licence of the weights
    source: Source = field(default_factory=Source)
    checkpoint: str | None = None  # sha256 of the `.ckpt` that its weights were taken from
    parents: dict[str, Ancestor] = field(default_factory=dict)  # by role, with theirs: the whole lineage
    data: list[Data] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)  # that made it, in order
    seed: int = 0  # of its training
    results: list[Result] = field(default_factory=list)
    configuration: dict[str, Any] | None = None  # of its training, resolved; None where it is not known


@dataclass(frozen=True, kw_only=True)
class Card(About):
    """The card of a checkpoint: also what the network tells, and how its weights are stored."""

    network: Kind
    config: dict[str, Any]  # what the network is built from
    parameters: int  # how many numbers it has
    schema: str  # of the actions
    observation: str  # what it sees, in words
    dtype: Precision  # of the weights
    sha256: str  # of all weights as one safetensors file, which names them, however they are stored
    base: Base | None  # None if they stand alone
    golden: Golden
    files: dict[str, File]  # the other files

    @property
    def about(self) -> About:
        """What of it the network cannot tell."""
        return About(**{field.name: getattr(self, field.name) for field in fields(About)})

    @property
    def size(self) -> int:
        """Bytes of its other files."""
        return sum(file.bytes for file in self.files.values())

    def dump(self) -> str:
        """Returns the text of `card.yaml`.

        Raises:
            yaml.YAMLError: If there is something other than plain values on it.
        """
        text = yaml.safe_dump(asdict(self), sort_keys=False, allow_unicode=True, width=120)
        return f"{text}{CHECKSUM}{hashlib.sha256(text.encode()).hexdigest()}\n"

    @classmethod
    def parse(cls, text: bytes, source: str) -> "Card":
        """Reads the text of the card at `source`.

        Raises:
            ValueError: If it is damaged, lacks something or has something unknown, names a file that is not part of a
                checkpoint, or is of another action schema.
        """
        body, mark, checksum = text.rpartition(CHECKSUM.encode())
        if not mark or checksum != f"{hashlib.sha256(body).hexdigest()}\n".encode():
            raise ValueError(f"{source}: damaged: its last line is not the checksum of what stands above")
        card = build(cls, read_yaml(body, source), source)
        check_schema(card.schema, source)
        for name in card.files:
            if name not in (WEIGHTS, README):
                raise ValueError(f"{source}: file {name!r} is not allowed; allowed: {WEIGHTS}, {README}")
        if WEIGHTS not in card.files:
            raise ValueError(f"{source}: key 'files.{WEIGHTS}' is missing")
        return card

    @classmethod
    def read(cls, folder: Path) -> "Card":
        """Reads the card in a folder; see `parse`.

        Raises:
            ValueError: If there is none, too, or it is larger than any card.
        """
        path = folder / CARD
        if not path.is_file():
            raise ValueError(f"{folder}: not a folder of weights: {CARD} is missing")
        if path.stat().st_size > LARGEST:
            raise ValueError(f"{path}: {path.stat().st_size:,} bytes; a card has at most {LARGEST:,}")
        return cls.parse(path.read_bytes(), str(path))

    def read_files(self, folder: Path, source: str | None = None) -> dict[str, bytes]:
        """Reads the other files, of which nothing is used before size and sha256 are checked.

        Args:
            folder: Where they lie.
            source: Where they are from, for messages; None names the folder.

        Returns:
            Their contents by name.

        Raises:
            ValueError: If one is missing or not as described.
        """
        contents, source = {}, source or str(folder)
        for name, file in self.files.items():
            path = folder / name
            if not path.is_file():
                raise ValueError(f"{source}: {name} is missing")
            if path.stat().st_size != file.bytes:
                raise ValueError(f"{source}/{name}: {path.stat().st_size} bytes; {CARD} says {file.bytes}")
            contents[name] = path.read_bytes()
            if File.of(contents[name]) != file:
                raise ValueError(f"{source}/{name}: damaged: its sha256 is not the one in {CARD}")
        return contents

    def readme(self) -> str:
        """Renders it, with its weights among the files, as Markdown that begins with the Hub's metadata."""
        title = self.name or f"a {self.network} of PadZoo"
        branches = [
            f"{'  ' * depth}- {role}: {each.name} (`{each.sha256}`)" for depth, role, each in lineage(self.parents)
        ]
        data = [
            (each.name, f"{each.samples:,}", "" if each.frames is None else f"{each.frames:,}", f"`{each.sha256}`")
            for each in self.data
        ]
        files = [(name, f"{file.bytes:,}", f"`{file.sha256}`") for name, file in self.files.items()]
        configuration = self.configuration and yaml.safe_dump(self.configuration, sort_keys=False)
        parts = [
            f"---\n{_metadata(self, title)}\n---",
            f"# {title}",
            _table("| | |\n| --- | --- |", self.facts.items()),
            USE[self.network].format(name=title),
            *map(_results, self.results),
            "## Lineage\n\n" + "\n".join(branches) if branches else "",
            f"## Training data\n\n{_table(DATA, data)}" if data else "",
            "\n".join(["## Commands\n", "```sh", *self.commands, "```"]) if self.commands else "",
            f"## Configuration\n\n```yaml\n{configuration}```" if configuration else "",
            f"## Files\n\n{_table(FILES, files)}",
        ]
        return "\n\n".join(filter(None, parts)) + "\n"

    @property
    def facts(self) -> dict[str, str]:
        """What people want to know of it first, each in one line."""
        config = ", ".join(f"{key} {value}" for key, value in self.config.items())
        stored = f"{self.size:,} bytes, {self.dtype}"
        return {
            "network": f"{self.network}, {self.parameters:,} parameters; {config}",
            "observation": self.observation,
            "actions": self.schema,
            "stored": f"{stored}, on {self.base.name}: only what differs" if self.base else stored,
            "sha256": self.sha256,
            "code": f"{self.source.url or 'PadZoo'} at {self.source.revision}",
            "training seed": str(self.seed),
            "licence": self.license,
        }


def read_yaml(text: bytes, source: str) -> Any:
    """Reads YAML without objects, or raises a ValueError that names the source."""
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:  # a ValueError of a date that is none, or of bytes that are no text
        raise ValueError(f"{source}: not YAML: {' '.join(str(error).split())}") from None


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
            metric = f"{name}, percent of {result.trials} {result.what}"
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
    header = f"| of {result.trials:,} {result.what} | times | rate, 95 % Wilson interval |\n| --- | ---: | --- |"
    rows = [(name, f"{rate.count:,}", rate) for name, rate in result.rates.items()]
    return f"## Results\n\nMeasured on these very weights: {how}.\n\n{_table(header, rows)}"


def _table(header: str, rows: Iterable[Iterable[object]]) -> str:
    return "\n".join([header, *(f"| {' | '.join(map(str, row))} |" for row in rows)])
