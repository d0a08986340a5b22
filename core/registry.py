"""Names for what can be swapped: one table a kind, open to other packages, and nothing imported before it is wanted."""

import difflib
from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any


class Registry:
    """The things of one kind by name.

    A name is one of the table, an entry point of an installed package in the group `padzoo.<kind>` (such as
    `[project.entry-points."padzoo.judge"]`), or the dotted path of a class or function, such as `mygame.fewest_deaths`.

    Args:
        kind: What is named, in one word, as messages and entry points say it: `judge`, `trunk`.
        table: Dotted paths by name.
    """

    def __init__(self, kind: str, table: Mapping[str, str]) -> None:
        self.kind = kind
        self.table = dict(table)

    @property
    def names(self) -> list[str]:
        """The plain names, our own first."""
        return [*self.table, *(name for name in self._declared() if name not in self.table)]

    def find(self, name: str) -> Any:
        """Imports what a name stands for.

        Args:
            name: A plain name or a dotted path.

        Raises:
            ValueError: If there is nothing of that name, or it cannot be imported.
        """
        path = (self._declared() | self.table).get(name, name)
        module, dot, attribute = path.replace(":", ".").rpartition(".")
        if not dot:
            near = difflib.get_close_matches(name, self.names, n=1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise ValueError(
                f"{self.kind} {name!r}: not known; {hint}allowed: {', '.join(self.names)}, or a dotted path"
            )
        if not all(part.isidentifier() for part in (*module.split("."), attribute)):
            raise ValueError(f"{self.kind} {name!r}: is no dotted path; allowed: such as mygame.Name")
        try:
            return getattr(import_module(module), attribute)
        except ImportError as error:
            raise ValueError(f"{self.kind} {name!r}: cannot import {module}: {error}") from error
        except AttributeError:
            raise ValueError(f"{self.kind} {name!r}: module {module} has no {attribute!r}") from None

    def _declared(self) -> dict[str, str]:
        return {entry.name: entry.value for entry in entry_points(group=f"padzoo.{self.kind}")}
