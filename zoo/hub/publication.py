"""Publishing: a folder of weights goes to a place of its own and into that place's index."""

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

from padzoo.zoo.hub.card import CARD, Card, File
from padzoo.zoo.hub.catalog import Entry, Index, check_name
from padzoo.zoo.hub.target import open_target


@dataclass(frozen=True)
class Publication:
    """A checkpoint and where it is to go.

    Args:
        card: Its card.
        contents: All of its files by name, the card's text among them.
        target: A folder, a URL of fsspec, or `hf://OWNER/NAME`.
    """

    card: Card
    contents: dict[str, bytes]
    target: str

    @classmethod
    def of(cls, folder: Path, target: str) -> "Publication":
        """Reads a folder of weights, every byte checked.

        Args:
            folder: The folder.
            target: Where it is to go.

        Raises:
            ValueError: If it is damaged, or its card gives it no name.
        """
        card = Card.read(folder)
        check_name(card.name, f"{folder}/{CARD}")
        return cls(card, {CARD: (folder / CARD).read_bytes()} | card.read_files(folder), target)

    @property
    def entry(self) -> Entry:
        """What the index will say of it."""
        return Entry.of(self.card, hashlib.sha256(self.contents[CARD]).hexdigest())

    @property
    def files(self) -> dict[str, File]:
        """Size and checksum of what would go, by name."""
        return {f"{self.card.name}/{name}": File.of(content) for name, content in self.contents.items()}

    def is_there(self) -> bool:
        """Tells whether the target has this very checkpoint already."""
        return open_target(self.target).read_index().checkpoints.get(self.card.name) == self.entry

    def publish(self, dry_run: bool = False) -> str:
        """Writes it.

        Args:
            dry_run: Only find out whether it could be written.

        Returns:
            Where it is.

        Raises:
            ValueError: If there is something of its name already.
        """
        target, name = open_target(self.target), self.card.name
        index = target.read_index()
        if name in index.checkpoints or target.holds(name):
            raise ValueError(f"{self.target}/{name}: exists already; weights are never overwritten")
        listed: Index = replace(index, checkpoints=index.checkpoints | {name: self.entry})
        return f"{self.target}/{name}" if dry_run else target.put(name, self.contents, listed)
