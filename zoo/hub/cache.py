"""The cache of downloaded checkpoints: nothing gets into it that was not checked, and it gets there whole."""

import hashlib
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from filelock import FileLock

from padzoo.core.cache_folder import cache_folder
from padzoo.zoo.hub.card import CARD, LARGEST, Card
from padzoo.zoo.hub.catalog import Checkpoint, Entry
from padzoo.zoo.hub.source import Source


def fetch(checkpoint: Checkpoint, prove: Callable[[Path, str], object]) -> Path:
    """Brings a checkpoint here, if it is not here yet.

    Size and sha256 of every file are checked before anything reads it, then the network is tried, then the folder is
    moved into the cache in one step. Another process that wants the same one waits; what an interrupted one has left is
    gone on with. What was installed with the package is used where it is.

    Args:
        checkpoint: What to fetch.
        prove: Loads and tries the network in a folder that came from a source, to be named in messages; raises
            ValueError if it is not what it should be.

    Returns:
        Its folder.

    Raises:
        ValueError: If it is refused; what is in the cache then stays as it was.
    """
    if checkpoint.embedded:
        home = Path(checkpoint.url)
        _check_card(home, checkpoint, str(home))
        return home
    place = Path(checkpoint.name) / checkpoint.entry.sha256
    home = cache_folder() / place
    partial = cache_folder() / ".partial" / place
    partial.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(partial.with_suffix(".lock")):
        if not _whole(home, checkpoint):
            partial.mkdir(exist_ok=True)
            _download(checkpoint, partial)
            prove(partial, checkpoint.url)
            _move(partial, home)
    return home


def read_card(checkpoint: Checkpoint) -> Card:
    """Reads the card of a checkpoint, and nothing else of it.

    Args:
        checkpoint: Whose card.

    Raises:
        ValueError: If it is not the card that the index names.
    """
    with tempfile.TemporaryDirectory() as scratch:
        return _fetch_card(checkpoint, Path(scratch))


def _whole(home: Path, checkpoint: Checkpoint) -> bool:
    try:
        _check_card(home, checkpoint, str(home)).read_files(home)
    except (ValueError, OSError):
        return False
    return True


def _check_card(home: Path, checkpoint: Checkpoint, source: str) -> Card:
    path = home / CARD
    if not path.is_file():
        raise ValueError(f"{source}: {CARD} is missing")
    text = path.read_bytes()
    found = hashlib.sha256(text).hexdigest()
    if found != checkpoint.entry.sha256:
        raise ValueError(f"{source}/{CARD}: its sha256 is {found}; the index says {checkpoint.entry.sha256}")
    card = Card.parse(text, f"{source}/{CARD}")
    if Entry.of(card, found) != replace(checkpoint.entry, source=checkpoint.name):
        raise ValueError(f"{source}/{CARD}: the index says of {checkpoint.name} what its card does not")
    return card


def _fetch_card(checkpoint: Checkpoint, to: Path) -> Card:
    path = to / CARD
    path.unlink(missing_ok=True)
    Source(checkpoint.url).fetch(CARD, path, LARGEST)
    return _check_card(to, checkpoint, checkpoint.url)


def _download(checkpoint: Checkpoint, to: Path) -> None:
    source = Source(checkpoint.url)
    card = _fetch_card(checkpoint, to)
    for name, file in card.files.items():
        source.fetch(name, to / name, file.bytes)
        try:
            file.read(to / name, source.url)
        except ValueError:
            (to / name).unlink()  # or the next attempt would go on behind it
            raise


def _move(partial: Path, home: Path) -> None:
    home.parent.mkdir(parents=True, exist_ok=True)
    if home.exists():  # damaged
        home.rename(Path(tempfile.mkdtemp(prefix=".damaged-", dir=home.parent)) / "old")
    partial.rename(home)
    for damaged in home.parent.glob(".damaged-*"):
        shutil.rmtree(damaged)
