"""The lineage of weights: from the hashes of the parents to the whole tree, back to what was trained from nothing."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from padzoo.zoo.hub import hub as hub
from padzoo.zoo.hub.card import Ancestor, Card


class Lineage:
    """Knows weights by their hashes.

    Args:
        refs: The ancestors in any order: `.ckpt` files, folders of weights, names of the zoo. Of a folder its card is
            believed, with all that it says of its own ancestors.
    """

    def __init__(self, refs: Iterable[str]) -> None:
        self._published: dict[str, Card] = {}
        self._checkpoints: dict[str, Path] = {}
        for ref in refs:
            path = hub.locate(ref)
            if path.is_dir():
                card = Card.read(path)
                self._published |= {sha256: card for sha256 in (card.sha256, card.checkpoint) if sha256}
            else:
                self._checkpoints[hub.sha256(path)] = path

    def trace(self, parents: Mapping[str, str]) -> dict[str, Ancestor]:
        """Follows parents to their end.

        Args:
            parents: Hashes of weights by role.

        Returns:
            The ancestors by role, each with its own.

        Raises:
            ValueError: If one of them is not known.
        """
        return {role: self._ancestor(role, sha256) for role, sha256 in parents.items()}

    def _ancestor(self, role: str, sha256: str) -> Ancestor:
        if card := self._published.get(sha256):
            return Ancestor(card.name, sha256, card.parents)
        if path := self._checkpoints.get(sha256):
            return Ancestor(_name(path), sha256, self.trace(hub.parents(path)))
        raise ValueError(
            f"--ancestors: the parent '{role}' with sha256 {sha256} is not among them; allowed: all of them"
        )


def _name(path: Path) -> str:
    """Names a `.ckpt` by itself, or by the folder of its training where it has only its part in that."""
    in_training = path.parent.name == "checkpoints"
    return path.absolute().parents[1].name if in_training else path.stem
