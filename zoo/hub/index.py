"""The names of the zoo: which checkpoints there are, and where they lie."""

import difflib
import fnmatch
import hashlib
import logging
import os
import re
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Final

import yaml

from padzoo.core.cache_folder import cache_folder
from padzoo.core.patient_file import UnreachableError
from padzoo.core.strict import build
from padzoo.zoo.hub.card import CARD, LARGEST, Card, Kind
from padzoo.zoo.hub.store import Store, open_store

INDEX: Final = "index.yaml"
FORMAT: Final = "padzoo-index-v1"
VARIABLE: Final = "PADZOO_INDEX"
EMBEDDED: Final = Path(__file__).parents[1] / "weights"  # what is installed with the package
NAME: Final = re.compile(r"[a-z0-9_]+\.[a-z0-9_]+")  # arch.tag; no path leads out of a folder

log = logging.getLogger(__name__)


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

    @classmethod
    def of(cls, store: Store) -> "Index":
        """Reads the index of a place that is written to, an empty one if there is none."""
        return cls.parse(store.read(INDEX), f"{store.url}/{INDEX}") if store.exists(INDEX) else cls()

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

    @property
    def place(self) -> Path:
        """Where it lies in the cache, below its folder."""
        return Path(self.name) / self.entry.sha256

    @property
    def home(self) -> Path:
        """Where it lies on this machine, once it is here."""
        return Path(self.url) if self.embedded else cache_folder() / self.place

    def card(self) -> Card:
        """Reads its card, and nothing else of it if it is elsewhere.

        Raises:
            ValueError: If it is not the card that the index names.
        """
        here = self.home / CARD
        return self.check(here.read_bytes() if here.is_file() else open_store(self.url).read(CARD, LARGEST))

    def check(self, text: bytes) -> Card:
        """Parses its card, of which nothing is used before its sha256 is the one that the index names.

        Args:
            text: What the card's file holds.

        Raises:
            ValueError: If it is another card, or the index says of the checkpoint what its card does not.
        """
        source, found = f"{self.url}/{CARD}", hashlib.sha256(text).hexdigest()
        if found != self.entry.sha256:
            raise ValueError(f"{source}: its sha256 is {found}; the index says {self.entry.sha256}")
        card = Card.parse(text, source)
        if Entry.of(card, found) != replace(self.entry, source=self.name):
            raise ValueError(f"{source}: the index says of {self.name} what its card does not")
        return card


class Catalog:
    """The checkpoints of the installed index and of the one that `PADZOO_INDEX` names.

    Of a name that both have, the latter counts if it is a folder on this machine, for somebody has asked for it. An
    index elsewhere only adds names: what is installed needs no network, and no server can replace it.

    Args:
        checkpoints: The checkpoints; of two with one name, the later is found by it.
    """

    def __init__(self, *checkpoints: Checkpoint) -> None:
        self._all = checkpoints
        self.checkpoints = {checkpoint.name: checkpoint for checkpoint in checkpoints}

    @classmethod
    def load(cls, asks: bool = True) -> "Catalog":
        """Reads both indices.

        Args:
            asks: Whether an index elsewhere is asked for; otherwise only what is here is listed. One that cannot be
                reached is logged as a warning, and what it said when it was last read is taken.

        Raises:
            ValueError: If one of them cannot be read.
        """
        installed = _checkpoints(str(EMBEDDED), open_store(str(EMBEDDED)).read(INDEX))
        place = os.environ.get(VARIABLE)
        if not place:
            return cls(*installed)
        root = place.removesuffix(f"/{INDEX}").rstrip("/") if place != INDEX else "."
        store = open_store(root)
        if store.local:
            return cls(*installed, *_checkpoints(root, store.read(INDEX)))
        added = _checkpoints(root, _ask(store) if asks else _remembered(root))
        return cls(*(item for item in added if asks or item.home.is_dir()), *installed)

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
        return next((found for found in self._all if found.entry.weights == weights), None)

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


def find(name: str) -> Checkpoint:
    """Returns the checkpoint of a name, without the network if it is here.

    Args:
        name: Its name.

    Raises:
        ValueError: If there is none.
    """
    here = Catalog.load(asks=False)
    return here.checkpoints.get(name) or Catalog.load().find(name)


def holding(weights: str) -> Checkpoint | None:
    """Returns a checkpoint with these weights, without the network if one is here; None if there is none.

    Args:
        weights: Their sha256.
    """
    return Catalog.load(asks=False).holding(weights) or Catalog.load().holding(weights)


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


def _checkpoints(root: str, text: bytes) -> list[Checkpoint]:
    index = Index.parse(text, f"{root}/{INDEX}")
    return [Checkpoint(name, root, entry) for name, entry in index.checkpoints.items()]


def _copy_of(root: str) -> Path:
    return cache_folder() / ".indices" / f"{hashlib.sha256(root.encode()).hexdigest()}.yaml"


def _remembered(root: str) -> bytes:
    """Returns what an index said when it was last read."""
    copy = _copy_of(root)
    return copy.read_bytes() if copy.is_file() else Index().dump().encode()


def _ask(store: Store) -> bytes:
    """Reads an index elsewhere and keeps what it says."""
    try:
        text = store.read(INDEX)
    except UnreachableError as error:
        log.warning("%s: cannot be reached; what is here can still be used (%s)", VARIABLE, error)
        return _remembered(store.url)
    Index.parse(text, f"{store.url}/{INDEX}")
    copy = _copy_of(store.url)
    copy.parent.mkdir(parents=True, exist_ok=True)
    aside = copy.with_suffix(f".{os.getpid()}")
    aside.write_bytes(text)
    aside.replace(copy)
    return text
