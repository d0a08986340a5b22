"""The tables of a report, as lines of Markdown."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from statistics import mean

from collect import TITLES, interval
from digest import OUTCOMES
from study import Study
from values import SPLIT, Json


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Returns the lines of a table."""
    lines = [head, ["---"] * len(head), *rows]
    return [f"| {' | '.join(cells)} |" for cells in lines]


def cell(rate: float, low: float, high: float, more: str = "") -> str:
    """Returns a rate and its interval as a cell."""
    return f"**{rate:.1f}** ({low:.1f} to {high:.1f}{more})"


def outcome_table(stages: Json, reference: Json) -> list[str]:
    """Returns the lines of the table stage x outcome, each cell ours, its interval and the paper's figure."""
    rows = []
    for stage, rates in stages.items():
        published = reference["outcomes"].get(stage, {})
        about = "about " if "note" in published else ""  # read off the paper's text, not its figures
        cells = []
        for name in OUTCOMES:
            theirs = published.get(name)
            paper = "" if theirs is None else f"; paper {about}{theirs:.1f}"
            cells.append(cell(*interval(rates, name), paper))
        rows.append([TITLES[stage], *cells, str(rates["episodes"])])
    return markdown(["stage", *OUTCOMES, "episodes"], rows)


def reward_table(study: Study) -> list[str]:
    """Returns the lines of the table of reward-model accuracies: mean, least and greatest over subsets and seeds."""
    groups = defaultdict(list)
    for row in study.accuracies:
        if (row["size"], row["of"]) == (study.size, "sft"):
            groups[row["side"], row["encoder"], row["comparisons"]].append(row)
    kinds = {"accuracy": "accuracy"} | {kind: kind + " categories" for kind in SPLIT}
    known = [kind for kind in kinds if any(kind in row for found in groups.values() for row in found)]
    rows = []
    for (side, encoder, comparisons), found in groups.items():
        cells = [spread([row[kind] for row in found if kind in row]) for kind in known]
        rows.append([side, encoder.replace("_", " "), f"{comparisons:,}", *cells, str(len(found))])
    return markdown(["side", "encoder", "comparisons", *(kinds[kind] for kind in known), "models"], rows)


def spread(values: Sequence[float]) -> str:
    """Returns mean, least and greatest of some figures as a cell, which is empty if there are none."""
    return f"**{mean(values):.1f}** ({min(values):.1f} to {max(values):.1f})" if values else ""


def claim_table(found: list[Json]) -> list[str]:
    """Returns the lines of the table of claims: each verdict by itself, and what is left of it among all."""
    head = ["claim", "tested by", "figures, 95 % interval", "readings", "verdict", "all claims together"]
    rows = []
    for row in found:
        test = f"{row['test']}; against {row['null']:g}" if row["null"] else row["test"]
        readings, together = str(row.get("readings", "")), row.get("together", "")
        rows.append([row["claim"], test, figures(row), readings, f"**{row['verdict']}**", together])
    return markdown(head, rows)


def figures(row: Json) -> str:
    """Returns the figure of a claim and its interval, or why there is none, as a cell."""
    return str(row["reason"]) if "reason" in row else f"{row['value']:.3g} ({span(row)})"


def span(row: Json) -> str:
    """Returns the interval of a claim's figure as a cell."""
    return f"{row['low']:.3g} to {row['high']:.3g}" if "low" in row else f"no interval from {row['readings']}"


def time_table(study: Study) -> list[str]:
    """Returns the lines of the table of seconds a stage."""
    return markdown(["stage", "seconds"], [[stage, f"{spent:.0f}"] for stage, spent in study.seconds().items()])
