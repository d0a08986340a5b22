"""The names of the zoo: which checkpoints there are, and where they lie."""

import difflib
import fnmatch
import os
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final

import yaml

from padzoo.core.strict import build
from padzoo.zoo.hub.card import Card, Kind
from padzoo.zoo.hub.source import Source

INDEX: Final = "index.yaml"
FORMAT: Final = "padzoo-index-v1"
VARIABLE: Final = "PADZOO_INDEX"
EMBEDDED: Final = Path(__file__).parents[1] / "weights"  # what is installed with the package
NAME: Final = re.compile(r"[a-z0-9_]+\.[a-z0-9_]+")  # arch.tag; no path leads out of a folder


@dataclass(frozen=True)
class Entry:
    """What an index says of a checkpoint.

    Args:
        source: Its folder: a path within the index's own, or a URL.
        sha256: Of its card, which holds those of its files.
        weights: sha256 of its weights, as on the card.
        network: `policy` or `reward`.
        parameters: How many numbers the network has.
        bytes: Size of its files.
        results: Percentages of its first result, by name.
    """

    source: str
    sha256: str
    weights: str
    network: Kind
    parameters: int
    bytes: int
    results: dict[str, float]

    @classmethod
    def of(cls, card: Card, sha256: str) -> "Entry":
        """Describes a checkpoint that lies beside the index.

        Args:
            card: Its card.
            sha256: Of the card's text.
        """
        rates = card.results[0].rates if card.results else {}
        results = {name: rate.percent for name, rate in rates.items()}
        return cls(card.name, sha256, card.sha256, card.network, card.parameters, card.bytes, results)


@dataclass(frozen=True)
class Index:
    """An index as it is written.

    Args:
        format: Version of its format.
        checkpoints: The entries by name.
    """

    format: str = FORMAT
    checkpoints: dict[str, Entry] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: bytes, source: str) -> "Index":
        """Reads an index.

        Args:
            text: What the file holds.
            source: Its place, for messages.

        Raises:
            ValueError: If it is not an index, or of another format.
        """
        try:
            values = yaml.safe_load(text)
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise ValueError(f"{source}: not YAML: {' '.join(str(error).split())}") from None
        if isinstance(values, dict) and values.get("format") != FORMAT:
            raise ValueError(f"{source}: format {values.get('format')!r} is not supported; allowed: {FORMAT!r}")
        index = build(cls, values, source)
        for name in index.checkpoints:
            check_name(name, source)
        return index

    def dump(self) -> str:
        """Returns the text of the file."""
        return yaml.safe_dump(asdict(self), sort_keys=False, width=120)


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint of the zoo.

    Args:
        name: Its name.
        root: Folder of the index that lists it.
        entry: What that says.
    """

    name: str
    root: str
    entry: Entry

    @property
    def embedded(self) -> bool:
        """Whether it was installed with the package."""
        return self.root == str(EMBEDDED)

    @property
    def url(self) -> str:
        """Its folder.

        Raises:
            ValueError: If the index names a local folder outside of its own.
        """
        source = self.entry.source
        if "://" in source and "::" not in source and not source.startswith(("file:", "local:")):
            return source
        path = PurePosixPath(source)
        if path.is_absolute() or ".." in path.parts or ":" in source or "\\" in source:
            raise ValueError(
                f"{self.name}: source {source!r} leads out of {self.root}; allowed: a path within, or a URL"
            )
        return f"{self.root}/{source}"


class Catalog:
    """All that the zoo has: the checkpoints of the embedded index and of the one that `PADZOO_INDEX` names.

    Of a name that both have, the checkpoint of the latter counts, for somebody has asked for it.

    Args:
        checkpoints: The checkpoints.
    """

    def __init__(self, *checkpoints: Checkpoint) -> None:
        self.checkpoints = {checkpoint.name: checkpoint for checkpoint in checkpoints}

    @classmethod
    def load(cls) -> "Catalog":
        """Reads both indices.

        Raises:
            ValueError: If one of them cannot be read.
        """
        given = os.environ.get(VARIABLE)
        return cls(*_checkpoints(str(EMBEDDED)), *(_checkpoints(given) if given else []))

    def find(self, name: str) -> Checkpoint:
        """Returns the checkpoint of a name.

        Raises:
            ValueError: If there is none; the message has the nearest names.
        """
        if name not in self.checkpoints:
            near = difflib.get_close_matches(name, self.checkpoints, n=3, cutoff=0.5)
            hint = (
                f"; did you mean {' or '.join(map(repr, near))}?"
                if near
                else f"; padzoo list shows its {len(self.checkpoints)}"
            )
            raise ValueError(f"{name}: no such checkpoint (.ckpt), folder of weights or name of the zoo{hint}")
        return self.checkpoints[name]

    def holding(self, weights: str) -> Checkpoint | None:
        """Returns a checkpoint with these weights.

        Args:
            weights: Their sha256.
        """
        return next((found for found in self.checkpoints.values() if found.entry.weights == weights), None)

    def matching(self, pattern: str) -> list[Checkpoint]:
        """Returns the checkpoints whose name fits, in the order of their names.

        Args:
            pattern: A name or a part of one; `*` and `?` stand for any characters and any one.
        """
        return [
            self.checkpoints[name]
            for name in sorted(self.checkpoints)
            if pattern in name or fnmatch.fnmatchcase(name, pattern)
        ]


def check_name(name: str, source: str) -> None:
    """Refuses what is no name of a checkpoint.

    Args:
        name: The name.
        source: Where it stands, for the message.

    Raises:
        ValueError: If it is none.
    """
    if not NAME.fullmatch(name):
        raise ValueError(
            f"{source}: name {name!r} is not allowed; allowed: arch.tag of a-z, 0-9 and _, as policy_4m.sft"
        )


def _checkpoints(place: str) -> list[Checkpoint]:
    """Reads the checkpoints of an index, given by its folder or its file."""
    root = place.removesuffix(f"/{INDEX}").rstrip("/") if place != INDEX else "."
    index = Index.parse(Source(root).read(INDEX), f"{root}/{INDEX}")
    return [Checkpoint(name, root, entry) for name, entry in index.checkpoints.items()]
