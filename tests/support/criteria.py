"""Criteria that are not the project's own, found by their dotted path."""

from padzoo.core.trajectory import TrajectorySummary


def later(summary: TrajectorySummary) -> str:
    """Ranks a trajectory by its key."""
    return summary.key
