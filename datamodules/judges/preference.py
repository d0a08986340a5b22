"""A preference between two trajectories, and the JSON-lines file that keeps them."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, get_args

from padzoo.core.atomic import atomic
from padzoo.core.strict import build

Verdict = Literal["first", "second", "tie", "abstain"]
VERDICTS: Final[tuple[Verdict, ...]] = get_args(Verdict)


@dataclass(frozen=True)
class Preference:
    """One comparison.

    Args:
        winner: Key of the better trajectory.
        loser: Key of the other.
        source: Who compared: a criterion's name, a person's.
    """

    winner: str
    loser: str
    source: str


def write(path: str | Path, preferences: Iterable[Preference]) -> None:
    """Writes preferences, one JSON line each, whole or not at all.

    Args:
        path: File to make or replace.
        preferences: What to write, at least one.

    Raises:
        ValueError: If there is none.
    """
    lines = [json.dumps(vars(preference)) + "\n" for preference in preferences]
    if not lines:
        raise ValueError(f"{path}: no preference to write; in every compared pair neither was better")
    with atomic(path) as file:
        file.write_text("".join(lines))


def read(path: str | Path) -> list[Preference]:
    """Reads a file of preferences.

    Args:
        path: A file with one JSON object `{"winner", "loser", "source"}` a line.

    Returns:
        The preferences in the order of the file: number n is on line n + 1.

    Raises:
        ValueError: If there is no such file, or a line is no preference.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"{path}: no such file; allowed: a file of preferences, one JSON line each")
    lines = path.read_text().splitlines()
    if not lines:
        raise ValueError(f"{path}: the file is empty; allowed: preferences, one JSON line each")
    return [_parse(line, f"{path}, line {number}") for number, line in enumerate(lines, start=1)]


def _parse(line: str, where: str) -> Preference:
    try:
        found = json.loads(line)
    except ValueError as error:
        raise ValueError(f"{where}: {line[:80]!r} is not JSON ({error}); allowed: one preference a line") from None
    preference = build(Preference, found, where)
    if preference.winner == preference.loser:
        raise ValueError(f"{where}: {preference.winner!r} is compared with itself; allowed: two trajectories")
    return preference
