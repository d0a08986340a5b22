"""The tables of outcomes that commands print and write."""

from collections.abc import Mapping

from rich.markup import escape
from rich.table import Table

from padzoo.core.wilson import wilson


def outcome_table(counts: Mapping[str, int], title: str) -> Table:
    """Builds a table of how episodes ended.

    Args:
        counts: Episodes by outcome.
        title: What they are.

    Returns:
        Each outcome's count, rate and 95 % Wilson interval.
    """
    table = Table("outcome", "episodes", "%", "95 % interval", title=escape(title))
    total = sum(counts.values())
    for name, count in counts.items():
        low, high = wilson(count, total)
        table.add_row(escape(name), str(count), f"{100 * count / total:.1f}", f"{100 * low:.1f} to {100 * high:.1f}")
    return table


def visit_table(counts: Mapping[str, int], title: str) -> Table:
    """Builds a table of which pads matches visited.

    Args:
        counts: Visits by pad.
        title: What they are.
    """
    table = Table("pad", "visits", "%", title=escape(title))
    for name, count in counts.items():
        table.add_row(name, str(count), f"{100 * count / sum(counts.values()):.1f}")
    return table


def percentages(counts: Mapping[str, int]) -> dict[str, float]:
    """Returns the rate of each outcome in percent, and the number of `episodes`.

    Args:
        counts: Episodes by outcome.
    """
    episodes = sum(counts.values())
    return {**{name: round(100 * count / episodes, 2) for name, count in counts.items()}, "episodes": episodes}
