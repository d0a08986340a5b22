"""The parts of networks that can be swapped, by name, and which names the description of a network may use."""

import sys
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any, Generic, TypeVar

from torch import nn

from padzoo.core.registry import Registry

PartT = TypeVar("PartT", bound=nn.Module)
NetworkT = TypeVar("NetworkT", bound=nn.Module)

_imports: ContextVar[bool] = ContextVar("imports", default=True)


class Parts(Registry, Generic[PartT]):
    """A registry of classes that extend one base class.

    Args:
        kind: What is named, in one word: `trunk`.
        base: The base class.
        table: Dotted paths by name.
    """

    def __init__(self, kind: str, base: type[PartT], table: Mapping[str, str]) -> None:
        super().__init__(kind, table)
        self.base = base

    def find(self, name: str) -> type[PartT]:
        """Imports the class that a name stands for.

        Args:
            name: A plain name, or the dotted path of a subclass of the base class.

        Raises:
            ValueError: If there is none of that name, it is another thing, or `rebuild` may not import it.
        """
        if not isinstance(name, str):
            raise ValueError(f"{self.kind} {name!r}: allowed: {', '.join(self.names)}, or a dotted path")
        module = name.replace(":", ".").rpartition(".")[0]
        if module and not _imports.get() and name not in self.names and module not in sys.modules:
            raise ValueError(
                f"{self.kind} {name!r}: weights from elsewhere import no modules; import {module} yourself before"
            )
        found = super().find(name)
        if not (isinstance(found, type) and issubclass(found, self.base)):
            base = f"{self.base.__module__}.{self.base.__name__}"
            raise ValueError(f"{self.kind} {name!r}: allowed: a subclass of {base}")
        return found

    def name(self, part: PartT) -> str:
        """Returns what `find` finds a part's class by: its plain name, or its dotted path if it has none.

        Args:
            part: The part.
        """
        path = f"{type(part).__module__}.{type(part).__qualname__}"
        known = self._declared() | self.table
        return next((name for name, known_path in known.items() if known_path.replace(":", ".") == path), path)


def rebuild(network: type[NetworkT], config: Mapping[str, Any], imports: bool = False) -> NetworkT:
    """Builds a network from the description that is stored with its weights.

    The rule: a card names parts by plain names, ours or those of installed packages, or by dotted paths into modules
    that are imported already; only a `.ckpt`, which one's own training leaves, has modules imported.

    Args:
        network: The network's class.
        config: Its `config`.
        imports: Whether dotted paths in it are imported.

    Returns:
        The network; its weights are fresh.

    Raises:
        ValueError: If a part is not known or may not be imported.
    """
    token = _imports.set(imports)
    try:
        return network(**config)
    finally:
        _imports.reset(token)
