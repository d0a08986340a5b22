"""`padzoo list`: what the zoo has."""

from dataclasses import asdict
from fnmatch import fnmatchcase
from json import dumps

from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from padzoo.core.patient_file import shown
from padzoo.zoo.hub.index import VARIABLE, Checkpoint, catalog, unknown


def list_zoo(pattern: str = "", json: bool = False) -> None:
    """Lists checkpoints: name, size, results in percent, and where they come from.

    Args:
        pattern: Part of their names; `*` and `?` stand for any characters and any one.
        json: Whether to print JSON.

    Raises:
        ValueError: If there are some, but none that fits.
    """
    known = catalog()
    found = [known[name] for name in sorted(known) if pattern in name or fnmatchcase(name, pattern)]
    if known and not found:
        raise unknown(pattern, known)
    if json:
        print(dumps([{"name": item.name, **asdict(item.entry), "source": shown(item.url)} for item in found], indent=1))
    elif not found:
        print(f"The zoo is empty yet: no checkpoint was installed, and {VARIABLE} names no other index.")
    else:
        Console().print(_table(found))


def _table(found: list[Checkpoint]) -> Table:
    table = Table(Column("name", no_wrap=True), "parameters", "MB", "results, %", Column("source", overflow="fold"))
    for item in found:
        results = ", ".join(f"{name} {rate:.1f}" for name, rate in item.entry.results.items())
        source = "installed" if item.embedded else shown(item.url)
        table.add_row(item.name, f"{item.entry.parameters:,}", f"{item.entry.bytes / 1e6:.2f}", results, escape(source))
    return table
