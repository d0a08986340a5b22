"""The names of the zoo: which checkpoints there are, and where they lie."""

import difflib
import hashlib
import logging
import os
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Final

import yaml
from filelock import FileLock

from padzoo.core.atomic import atomic, remove
from padzoo.core.cache_folder import cache_folder
from padzoo.core.patient_file import UnreachableError, shown
from padzoo.core.strict import build
from padzoo.zoo.hub.card import CARD, LARGEST, Card, Kind, read_yaml
from padzoo.zoo.hub.store import Store, open_store

INDEX: Final = "index.yaml"
FORMAT: Final = "padzoo-index-v1"
VARIABLE: Final = "PADZOO_INDEX"
EMBEDDED: Final = Path(__file__).parents[1] / "weights"  # what is installed with the package
DIGEST: Final = re.compile(r"[0-9a-f]{64}")
NAME: Final = re.compile(r"[a-z0-9_]+\.[a-z0-9_]+")  # arch.tag; no path leads out of a folder

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Entry:
    """What an index says of a checkpoint."""

    source: str  # its folder: a path within the index's own, or a URL
    sha256: str  # of its card, which holds those of its files
    weights: str  # sha256 of its weights, as on the card
    network: Kind
    parameters: int
    bytes: int  # of its files
    results: dict[str, float]  # percentages of its first result

    @classmethod
    def of(cls, card: Card, sha256: str) -> "Entry":
        """Describes a checkpoint that lies beside the index, by its card and the sha256 of the card's text."""
        rates = card.results[0].rates if card.results else {}
        results = {name: rate.percent for name, rate in rates.items()}
        return cls(card.name, sha256, card.sha256, card.network, card.parameters, card.size, results)


@dataclass(frozen=True)
class Index:
    """An index as it is written: the version of its format, and the entries by name."""

    format: str = FORMAT
    checkpoints: dict[str, Entry] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: bytes, source: str) -> "Index":
        """Reads the text of an index that lies at `source`.

        Raises:
            ValueError: If it is not an index, or of another format.
        """
        values = read_yaml(text, source)
        if isinstance(values, dict) and values.get("format") != FORMAT:
            raise ValueError(f"{source}: format {values.get('format')!r} is not supported; allowed: {FORMAT!r}")
        index = build(cls, values, source)
        for name, entry in index.checkpoints.items():
            check_name(name, source)
            for said, digest in (("sha256", entry.sha256), ("weights", entry.weights)):  # one is part of a path
                if not DIGEST.fullmatch(digest):
                    raise ValueError(f"{source}: {name}: {said} {digest!r}; allowed: 64 hexadecimal digits")
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
    """A checkpoint of the zoo."""

    name: str
    root: str  # folder of the index that lists it
    entry: Entry  # what that says

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
            allowed = "allowed: a path within, or a URL"
            raise ValueError(f"{self.name}: source {source!r} leads out of {self.root}; {allowed}")
        return f"{self.root}/{source}"

    @property
    def home(self) -> Path:
        """Where it lies on this machine, once it is here."""
        return Path(self.url) if self.embedded else cache_folder() / self.name / self.entry.sha256

    def card(self) -> Card:
        """Reads its card, and nothing else of it if it is elsewhere.

        Raises:
            ValueError: If it is not the card that the index names.
        """
        here = self.home / CARD
        return self.check(here.read_bytes() if here.is_file() else open_store(self.url).read(CARD, LARGEST))

    def check(self, text: bytes) -> Card:
        """Parses the text of its card, of which nothing is used before its sha256 is the one that the index names.

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

    def is_whole(self) -> bool:
        """Whether it is on this machine, every byte of it."""
        try:
            self.check((self.home / CARD).read_bytes()).read_files(self.home)
        except (ValueError, OSError):
            return False
        return True

    def download(self, to: Path) -> None:
        """Copies its files, or what is missing of them after an interruption.

        Args:
            to: The folder, in one that exists.

        Raises:
            ValueError: If something is missing, not as described, or cannot be reached.
        """
        store = open_store(self.url)
        text = store.read(CARD, LARGEST)
        card = self.check(text)
        to.mkdir(exist_ok=True)
        (to / CARD).write_bytes(text)
        for name, file in card.files.items():
            store.copy(name, to / name, file.bytes)
        try:
            card.read_files(to, self.url)
        except ValueError:
            remove(to)  # or the next attempt would continue behind what is wrong
            raise


def catalog(asks: bool = True) -> dict[str, Checkpoint]:
    """Returns the checkpoints of the installed index and of the one that `PADZOO_INDEX` names.

    Of a name that both have, the latter counts if it is a folder on this machine, for somebody has asked for it. An
    index elsewhere only adds names: what is installed needs no network, and no server can replace it.

    Args:
        asks: Whether an index elsewhere is asked for; otherwise only what is here is listed. One that cannot be
            reached is logged as a warning, and what it said when it was last read is taken.

    Returns:
        The checkpoints by name.

    Raises:
        ValueError: If one of them cannot be read.
    """
    return {checkpoint.name: checkpoint for checkpoint in _checkpoints(asks)}


def find(name: str) -> Checkpoint:
    """Returns the checkpoint of a name, without the network if it is here.

    Raises:
        ValueError: If there is none; the message has the nearest names.
    """
    for asks in (False, True):
        known = catalog(asks)
        if name in known:
            return known[name]
    raise unknown(name, known)


def holding(weights: str) -> Checkpoint | None:
    """Returns a checkpoint whose weights have a sha256, without the network if one is here; None if there is none."""
    found = (item for asks in (False, True) for item in _checkpoints(asks) if item.entry.weights == weights)
    return next(found, None)


def unknown(name: str, known: Iterable[str]) -> ValueError:
    """Returns the error that a name is none of the known ones; it has the nearest."""
    known = list(known)
    near = " or ".join(map(repr, difflib.get_close_matches(name, known, n=3, cutoff=0.5)))
    hint = f"did you mean {near}?" if near else f"padzoo list shows its {len(known)}"
    return ValueError(f"{name}: no such checkpoint (.ckpt), folder of weights or name of the zoo; {hint}")


def check_name(name: str, source: str) -> None:
    """Refuses what is no name of a checkpoint, with a ValueError that says in which file it stands."""
    if not NAME.fullmatch(name):
        allowed = "allowed: arch.tag of a-z, 0-9 and _, as policy_4m.sft"
        raise ValueError(f"{source}: name {name!r} is not allowed; {allowed}")


def _checkpoints(asks: bool) -> list[Checkpoint]:
    """Lists all checkpoints; see `catalog`. Of two with one name, the later counts."""
    installed = _read(str(EMBEDDED), open_store(str(EMBEDDED)).read(INDEX))
    place = os.environ.get(VARIABLE)
    if not place:
        return installed
    root = place.removesuffix(f"/{INDEX}").rstrip("/") if place != INDEX else "."
    store = open_store(root)
    if store.local:
        if store.exists(INDEX):
            return installed + _read(root, store.read(INDEX))
        _warn_of_none(root)
        return installed
    kept = cache_folder() / ".indices" / f"{hashlib.sha256(root.encode()).hexdigest()}.yaml"
    if asks:
        try:
            _keep(store, kept)
        except UnreachableError as error:
            log.warning("%s: cannot be reached; what is here can still be used (%s)", VARIABLE, shown(str(error)))
    added = _read(root, kept.read_bytes()) if kept.is_file() else []
    return [item for item in added if asks or item.home.is_dir()] + installed


@cache
def _warn_of_none(root: str) -> None:
    """Logs, once, that a folder on this machine has no index: a share that is not mounted, or a wrong path."""
    log.warning("%s: %s has no %s; what is here can still be used", VARIABLE, root, INDEX)


def _read(root: str, text: bytes) -> list[Checkpoint]:
    index = Index.parse(text, f"{root}/{INDEX}")
    return [Checkpoint(name, root, entry) for name, entry in index.checkpoints.items()]


def _keep(store: Store, path: Path) -> None:
    """Copies the index of a place elsewhere, if it is one."""
    text = store.read(INDEX)
    Index.parse(text, f"{store.url}/{INDEX}")
    with FileLock(path.with_suffix(".lock")), atomic(path) as aside:
        aside.write_bytes(text)
