"""Ranks of clips that are judged together: 1 for the best, equal ranks tie."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

Ranks = list[int]


def rank(scores: Sequence[Any]) -> Ranks:
    """Ranks scores.

    Args:
        scores: Anything that can be sorted, higher is better.

    Returns:
        The rank of each, from 1 and without gaps; equal scores share theirs.
    """
    order = [score for score, _ in groupby(sorted(scores, reverse=True))]
    return [1 + order.index(score) for score in scores]


def check_ranks(found: object, ways: int) -> Ranks | None:
    """Returns what somebody gives as ranks.

    Args:
        found: A list of whole numbers, the lower one is better; None abstains.
        ways: How many there must be.

    Raises:
        ValueError: If it is something else.
    """
    if found is None:
        return None
    if not isinstance(found, list) or [type(each) for each in found] != [int] * ways:
        raise ValueError(f"ranks {found!r}: allowed: a list of {ways} whole numbers, or None")
    return found
