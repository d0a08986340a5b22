"""The tables of a report, as lines of Markdown."""

from collections import defaultdict
from statistics import mean

from collect import TITLES, interval
from digest import OUTCOMES
from study import Study
from values import Json


def outcome_table(study: Study) -> list[str]:
    """Returns the lines of the table stage x outcome, each cell ours, its interval and the paper's figure."""
    lines = ["| stage | none | left | middle | right | episodes |", "| --- | --- | --- | --- | --- | --- |"]
    for stage, rates in study.stages().items():
        published = study.reference["outcomes"].get(stage, {})
        about = "about " if "note" in published else ""  # read off the paper's text, not its figures
        cells = [_cell(rates, name, published.get(name), about) for name in OUTCOMES]
        lines.append(f"| {TITLES[stage]} | {' | '.join(cells)} | {rates['episodes']} |")
    return lines


def _cell(rates: Json, name: str, published: float | None, about: str) -> str:
    rate, low, high = interval(rates, name)
    theirs = "" if published is None else f"; paper {about}{published:.1f}"
    return f"**{rate:.1f}** ({low:.1f} to {high:.1f}{theirs})"


def reward_table(study: Study) -> list[str]:
    """Returns the lines of the table of reward-model accuracies: mean, least and greatest over subsets and seeds."""
    groups = defaultdict(list)
    for row in study.accuracies:
        if (row["size"], row["of"]) == (study.size, "sft"):
            groups[row["side"], row["encoder"], row["comparisons"]].append(row["accuracy"])
    lines = ["| side | encoder | comparisons | accuracy | models |", "| --- | --- | --- | --- | --- |"]
    for (side, encoder, comparisons), found in groups.items():
        cells = [side, encoder.replace("_", " "), f"{comparisons:,}"]
        accuracy = f"**{mean(found):.1f}** ({min(found):.1f} to {max(found):.1f})"
        lines.append(f"| {' | '.join(cells)} | {accuracy} | {len(found)} |")
    return lines


def claim_table(found: list[Json]) -> list[str]:
    """Returns the lines of the table of claims: each verdict by itself, and what is left of it among all."""
    lines = [
        "| claim | tested by | figures, 95 % interval | readings | verdict | all claims together |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for row in found:
        null = f"; against {row['null']:g}" if row["null"] else ""
        cells = [
            row["claim"],
            row["test"] + null,
            row["figures"],
            str(row.get("readings", "")),
            f"**{row['verdict']}**",
            row.get("together", ""),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def time_table(study: Study) -> list[str]:
    """Returns the lines of the table of seconds a stage."""
    rows = [f"| {stage} | {seconds:.0f} |" for stage, seconds in study.seconds().items()]
    return ["| stage | seconds |", "| --- | --- |", *rows]
