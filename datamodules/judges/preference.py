"""A preference between two trajectories, and the JSON-lines file that keeps them or the rankings they are in."""

import json
import logging
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from padzoo.core.atomic import atomic
from padzoo.core.strict import build
from padzoo.datamodules.judges import judgement
from padzoo.datamodules.judges.judgement import BEGINNING, Judgement, standing

Ties = Literal["drop", "half"]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Preference:
    """One comparison.

    Args:
        winner: Key of the better trajectory.
        loser: Key of the other.
        source: Who compared: a criterion's name, a person's.
        weight: How much it counts, above 0 and at most 1; None for 1.
        same_category: Whether both trajectories are of one category, by the criterion that compared them; None if
            nobody said.
    """

    winner: str
    loser: str
    source: str
    weight: float | None = None
    same_category: bool | None = None


def write(path: str | Path, records: Sequence[Preference | Judgement]) -> None:
    """Writes preferences or judgements, one JSON line each, whole or not at all.

    Args:
        path: File to make or replace.
        records: What to write, at least one preference among it.

    Raises:
        ValueError: If there is none.
    """
    lines = [json.dumps(_values(record)) + "\n" for record in records]
    if not any(True for record in records for _ in preferences(record)):
        raise ValueError(f"{path}: no preference to write; in every compared pair neither was better")
    with atomic(path) as file:
        file.write_text("".join(lines))


def read(path: str | Path, labellers: Collection[str] | None = None, ties: Ties = "drop") -> list[Preference]:
    """Reads a file of preferences; see `numbered`."""
    return [found for _, found in numbered(path, labellers, ties)]


def numbered(
    path: str | Path, labellers: Collection[str] | None = None, ties: Ties = "drop"
) -> list[tuple[int, Preference]]:
    """Reads a file of preferences with the numbers of its lines.

    Args:
        path: A file with one JSON object a line: `{"winner", "loser", "source"}`, or a `Judgement`, each comparison of
            which is a preference of its labeller.
        labellers: Whose preferences to take; None for everybody's.
        ties: Ties in judgements are left out with `drop`; with `half` each gives two opposite preferences, of weight
            0.5 each.

    Returns:
        The preferences in the order of the file.

    Raises:
        ValueError: If there is no such file, a line is neither, or no preference is left.
    """
    found = records(path)
    counted = {id(each) for each in standing(each for _, each in found if isinstance(each, Judgement))}
    known = [(line, each) for line, each in found if isinstance(each, Preference) or id(each) in counted]
    names = {each.source if isinstance(each, Preference) else each.who for _, each in known}
    if strangers := sorted(set(labellers or ()) - names):
        raise ValueError(f"{path}: nothing by labeller {strangers[0]!r}; allowed: {', '.join(sorted(names))}")
    chosen = [(line, each) for line, record in known for each in preferences(record, ties) if _by(each, labellers)]
    if not chosen:
        raise ValueError(f"{path}: no preference in it; every round is skipped or tied")
    return chosen


def records(path: str | Path) -> list[tuple[int, Preference | Judgement]]:
    """Reads the lines of a file of preferences or judgements, as they are.

    Args:
        path: The file.

    Returns:
        Each with its number, from 1. The last line is left out with a warning if it is cut off, as it is while
        a labeller's page is writing it.

    Raises:
        ValueError: If there is no such file, or a line is neither.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"{path}: no such file; allowed: a file of preferences, one JSON line each")
    text = path.read_text()
    lines = text.removesuffix("\n").split("\n") if text else []  # not at other ends of lines: they are letters in JSON
    if lines and not text.endswith("\n") and lines[-1].startswith(BEGINNING) and not lines[-1].endswith("}"):
        log.warning("%s: line %d is cut off and left out", path, len(lines))
        lines.pop()
    if not lines:
        raise ValueError(f"{path}: the file is empty; allowed: preferences, one JSON line each")
    return [(number, _parse(line, f"{path}, line {number}")) for number, line in enumerate(lines, start=1)]


def preferences(record: Preference | Judgement, ties: Ties = "drop") -> Iterator[Preference]:
    """Lists what a line of a file says of pairs.

    Args:
        record: A preference, or a judgement, each comparison of which is a preference of its labeller.
        ties: Ties are left out with `drop`; with `half` each gives two opposite preferences, of weight 0.5 each.
    """
    if isinstance(record, Preference):
        yield record
        return
    for winner, loser, tied in record.pairs:
        if not tied:
            yield Preference(winner, loser, record.who)
        elif ties == "half":
            yield Preference(winner, loser, record.who, 0.5)
            yield Preference(loser, winner, record.who, 0.5)


def _values(record: Preference | Judgement) -> dict[str, object]:
    optional = ("weight", "same_category")
    return {name: value for name, value in vars(record).items() if name not in optional or value is not None}


def _by(preference: Preference, labellers: Collection[str] | None) -> bool:
    return labellers is None or preference.source in labellers


def _parse(line: str, where: str) -> Preference | Judgement:
    try:
        found = json.loads(line)
    except ValueError as error:
        raise ValueError(f"{where}: {line[:80]!r} is not JSON ({error}); allowed: one preference a line") from None
    if isinstance(found, dict) and "clips" in found:
        return judgement.parse(found, where)
    preference = build(Preference, found, where)
    if preference.winner == preference.loser:
        raise ValueError(f"{where}: {preference.winner!r} is compared with itself; allowed: two trajectories")
    if preference.weight is not None and not 0 < preference.weight <= 1:
        raise ValueError(f"{where}: weight {preference.weight}; allowed: above 0, at most 1")
    return preference
