"""A preference between two trajectories, and the JSON-lines file that keeps them."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from math import comb, isqrt
from pathlib import Path
from typing import Any, Literal

import numpy as np

from padzoo.core.trajectory import TrajectorySummary
from padzoo.datamodules.judges.criterion import criterion as find_criterion

Pairs = Literal["all", "random"]


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


def subset_size(count: int) -> int:
    """Returns the M whose M(M-1)/2 pairs are nearest to a number of comparisons; 105 gives 15.

    Args:
        count: Comparisons wanted, 1 or more.
    """
    low = (1 + isqrt(1 + 8 * count)) // 2  # the greatest M with at most `count` pairs
    return low if count - comb(low, 2) <= comb(low + 1, 2) - count else low + 1


def comparisons(
    summaries: Iterable[TrajectorySummary], criterion: str, count: int, seed: int = 0, pairs: Pairs = "all"
) -> list[Preference]:
    """Compares pairs of trajectories by a criterion (section 3.4).

    The paper compares all pairs of a random subset: of M trajectories, with M(M-1)/2 nearest to `count` (45 for 50, 105
    for 100). Random pairs tell more for the same labour: in two runs of the demo that differed in nothing else, 105 of
    them among 300 rollouts gave reward models of 83.3 % test accuracy (mean of 3 choices and both sides), all pairs of
    15 rollouts 74.9 %. Equal ranks give no preference, so that there may be fewer: the list's length is the real
    number. With one seed, what is compared for a smaller number is compared for a greater one too.

    Args:
        summaries: The trajectories to choose from.
        criterion: Name of or dotted path to a criterion; see `padzoo.datamodules.judges.criterion.criterion`.
        count: Comparisons wanted, 1 or more.
        seed: Seed of the choice, 0 or more.
        pairs: `all` pairs of a random subset, or `random` pairs of all trajectories.

    Returns:
        The preferences, in a fixed order.

    Raises:
        ValueError: If there are not so many pairs, or no such criterion.
    """
    rank = find_criterion(criterion)
    known = list(summaries)
    available = comb(len(known), 2)
    if not 1 <= count <= available:
        raise ValueError(
            f"comparisons {count}: allowed: 1 to {available}, which is every pair of {len(known)} trajectories"
        )
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(known))
    if pairs == "all":
        chosen = np.array(list(combinations(order[: subset_size(count)], 2)))
    else:
        chosen = np.array(list(combinations(order, 2)))[np.sort(rng.permutation(available)[:count])]
    ranks = {row: rank(known[row]) for row in np.unique(chosen).tolist()}
    preferences = []
    for first, second in chosen.tolist():
        one, other = ranks[first], ranks[second]
        if one is not None and other is not None and one != other:
            winner, loser = (first, second) if _over(one, other, criterion) else (second, first)
            preferences.append(Preference(known[winner].key, known[loser].key, criterion))
    return preferences


def _over(one: Any, other: Any, criterion: str) -> bool:
    try:
        return bool(one > other)
    except TypeError as error:
        raise ValueError(f"criterion {criterion!r}: {error}; allowed: ranks that can be compared, or None") from error


def write(path: str | Path, preferences: Iterable[Preference]) -> None:
    """Writes preferences, one JSON line each, whole or not at all.

    Args:
        path: File to make or replace.
        preferences: What to write, at least one.

    Raises:
        ValueError: If there is none.
    """
    path = Path(path)
    lines = [json.dumps(vars(preference)) + "\n" for preference in preferences]
    if not lines:
        raise ValueError(f"{path}: no preference to write; every compared pair was of equal rank")
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.partial")
    try:
        aside.write_text("".join(lines))
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


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
    allowed = 'allowed: {"winner": KEY, "loser": KEY, "source": NAME}'
    try:
        found: Any = json.loads(line)
        preference = Preference(**found)
    except (ValueError, TypeError):
        raise ValueError(f"{where}: {line[:80]!r} is no preference; {allowed}") from None
    if not all(isinstance(value, str) for value in (preference.winner, preference.loser, preference.source)):
        raise ValueError(f"{where}: {line[:80]!r} is no preference; {allowed}")
    if preference.winner == preference.loser:
        raise ValueError(f"{where}: {preference.winner!r} is compared with itself; {allowed}")
    return preference
