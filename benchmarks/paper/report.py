"""Publishes a finished run: `summary.json`, `report.md` and pictures, for people to read."""

import argparse
import json
import shutil
from collections import defaultdict
from pathlib import Path
from statistics import mean
from typing import Any

import yaml
from figures import TITLES, alignment, heatmaps, outcomes, reward_accuracy
from summary import summarize

from zoo.wilson import wilson

OUTCOMES = ("none", "left", "middle", "right")
HERE = Path(__file__).parent
Json = dict[str, Any]


def outcome_table(summary: Json, reference: Json) -> list[str]:
    """Returns the lines of the table stage x outcome, each cell ours, its interval and the paper's figure."""
    lines = ["| stage | none | left | middle | right | episodes |", "| --- | --- | --- | --- | --- | --- |"]
    for stage, rates in summary["stages"].items():
        cells = [_cell(rates, name, reference["outcomes"].get(stage, {}).get(name)) for name in OUTCOMES]
        lines.append(f"| {TITLES[stage]} | {' | '.join(cells)} | {rates['episodes']} |")
    return lines


def _cell(rates: Json, name: str, published: float | None) -> str:
    low, high = wilson(round(rates[name] * rates["episodes"] / 100), rates["episodes"])
    theirs = "" if published is None else f"; paper {published:.1f}"
    return f"**{rates[name]:.1f}** ({100 * low:.1f} to {100 * high:.1f}{theirs})"


def reward_table(summary: Json) -> list[str]:
    """Returns the lines of the table of reward-model accuracies: mean, least and greatest over the subsets."""
    groups = defaultdict(list)
    for row in summary["reward"]:
        groups[row["side"], row["encoder"], row["comparisons"]].append(row["accuracy"])
    lines = ["| side | encoder | comparisons | accuracy | subsets |", "| --- | --- | --- | --- | --- |"]
    for (side, encoder, comparisons), found in groups.items():
        cells = [side, encoder.replace("_", " "), f"{comparisons:,}"]
        accuracy = f"**{mean(found):.1f}** ({min(found):.1f} to {max(found):.1f})"
        lines.append(f"| {' | '.join(cells)} | {accuracy} | {len(found)} |")
    return lines


def report(summary: Json, reference: Json) -> str:
    """Returns the report as Markdown."""
    times = [f"| {stage} | {duration:.0f} |" for stage, duration in summary["seconds"].items()]
    lines = [
        f"# The pipeline, preset `{summary['preset']}`",
        "",
        f"Commit `{summary['commit']}`, configuration {' and '.join(f'`{p}`' for p in summary['configuration'])}, "
        f"seed {summary['seed']}; {summary['hardware']}. Made by `make {summary['preset']}`."
        if summary["preset"] == "demo"
        else f"Commit `{summary['commit']}`, seed {summary['seed']}; {summary['hardware']}.",
        "",
        "How episodes end after each stage, in percent, with 95 % Wilson intervals and the paper's published figures:",
        "",
        *outcome_table(summary, reference),
        "",
        "![outcomes](outcomes.png)",
        "",
        "Where the agent went:",
        "",
        "![heatmaps](heatmaps.png)",
        "",
        "Reward models: accuracy on all held-out preferences in percent, mean (least to greatest) over the subsets:",
        "",
        *reward_table(summary),
        "",
        "![reward accuracy](reward_accuracy.png)",
        "",
        "REINFORCE, averaged over the last five updates:",
        "",
        "![alignment](alignment.png)",
        "",
        "The aligned agents, from each of the four spawns: left and right.",
        "",
        "![left](agent_left.gif) ![right](agent_right.gif)",
        "",
        "Seconds a stage (several run at once):",
        "",
        "| stage | seconds |",
        "| --- | --- |",
        *times,
    ]
    return "\n".join(lines) + "\n"


def publish(preset: str, run: Path, results: Path) -> None:
    """Writes everything aside, then replaces what was published before."""
    settings = yaml.safe_load((HERE / "presets" / f"{preset}.yaml").read_text())
    reference = json.loads((HERE / "reference.json").read_text())
    summary = summarize(run, preset, settings["seed"])
    aside = results.with_name(f".{results.name}.partial")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    (aside / "summary.json").write_text(json.dumps(summary, indent=1) + "\n")
    (aside / "report.md").write_text(report(summary, reference))
    pictures = {
        "outcomes": outcomes(summary, reference),
        "heatmaps": heatmaps(run, summary),
        "reward_accuracy": reward_accuracy(summary, reference),
        "alignment": alignment(run, settings["sides"]),
    }
    for name, figure in pictures.items():
        figure.savefig(aside / f"{name}.png", dpi=110)
    for side in settings["sides"]:
        shutil.copy(run / f"agent_{side}.gif", aside)
    shutil.rmtree(results, ignore_errors=True)
    aside.replace(results)
    print("\n".join([*outcome_table(summary, reference), "", *reward_table(summary), "", f"published to {results}"]))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    for flag in ("preset", "run", "results"):
        parser.add_argument(f"--{flag}", required=True)
    given = parser.parse_args()
    publish(given.preset, Path(given.run), Path(given.results))
