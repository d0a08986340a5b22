"""Criteria: what makes one trajectory better than another."""

from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any, Final, cast

from padzoo.core.trajectory import TrajectorySummary

PADS: Final = ("left", "middle", "right")
Criterion = Callable[[TrajectorySummary], Any]  # a rank, higher is better; None takes part in no comparison


def criterion(name: str) -> Criterion:
    """Finds a criterion.

    Args:
        name: `left`, `middle` or `right`: that pad, then another pad, then none, then the shorter one; or a dotted path
            `package.module.function` to a function of a `TrajectorySummary` that returns a rank, anything that can be
            sorted, higher is better, or None for a trajectory that cannot be judged.

    Returns:
        A function of a trajectory's summary that returns its rank.

    Raises:
        ValueError: If there is no such criterion.
    """
    if name in PADS:
        return partial(pad_rank, pad=name)
    module, _, function = name.rpartition(".")
    try:
        found = getattr(import_module(module), function)
    except (ImportError, AttributeError, ValueError) as error:
        allowed = f"{', '.join(PADS)}, or a dotted path to a function"
        raise ValueError(f"criterion {name!r}: not found ({error}); allowed: {allowed}") from None
    if not callable(found):
        raise ValueError(f"criterion {name!r}: not a function; allowed: a function of a TrajectorySummary")
    return cast(Criterion, found)


def pad_rank(summary: TrajectorySummary, pad: str) -> tuple[int, int]:
    """Ranks a trajectory by the pad that it reached (paper, section 3.4).

    Args:
        summary: The trajectory.
        pad: The pad that is wanted.

    Returns:
        2 for that pad, 1 for another, 0 for none; then the negative length, so that the shorter one is better.

    Raises:
        ValueError: If the trajectory has no outcome.
    """
    if "outcome" not in summary.meta:
        raise ValueError(f"trajectory {summary.key!r}: its meta has no 'outcome', which criterion {pad!r} ranks by")
    outcome = summary.meta["outcome"]
    return 2 if outcome == pad else int(outcome in PADS), -summary.length
