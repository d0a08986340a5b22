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
        published = reference["outcomes"].get(stage, {})
        about = "about " if "note" in published else ""  # read off the paper's text, not its figures
        cells = [_cell(rates, name, published.get(name), about) for name in OUTCOMES]
        lines.append(f"| {TITLES[stage]} | {' | '.join(cells)} | {rates['episodes']} |")
    return lines


def _cell(rates: Json, name: str, published: float | None, about: str) -> str:
    low, high = wilson(round(rates[name] * rates["episodes"] / 100), rates["episodes"])
    theirs = "" if published is None else f"; paper {about}{published:.1f}"
    return f"**{rates[name]:.1f}** ({100 * low:.1f} to {100 * high:.1f}{theirs})"


PAIRS = {
    "all": "all pairs of few random rollouts, as in the paper",
    "random": "random pairs of all rollouts (the paper: all pairs of few, which teaches less)",
}


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


def report(summary: Json, reference: Json, settings: Json) -> str:
    """Returns the report as Markdown."""
    rollouts = settings["rollouts"]
    return f"""# The pipeline, preset `{summary["preset"]}`

Commit `{summary["commit"]}`, configuration {" and ".join(f"`{path}`" for path in summary["configuration"])}, seed
{summary["seed"]}; trained on the CPU: {summary["hardware"]}.

How episodes end after each stage, in percent, with 95 % Wilson intervals and the paper's published figures. Base,
fine-tuned and from scratch are the best checkpoints in closed loop on other episodes; the others are the last.

{chr(10).join(outcome_table(summary, reference))}

![outcomes](outcomes.png)

Where the agent went:

![heatmaps](heatmaps.png)

Reward models: accuracy on all preferences among {rollouts["test"]} held-out rollouts (the paper: 1,400), in percent:
mean (least to greatest) over {settings["subsets"]} subsets: {PAIRS[settings["pairs"]]}.
There are {rollouts["train"]} training rollouts (the paper: 1,000). The largest amount is every pair of them: there only
the seeds of training and projection differ. Pairs of equal rank give no preference, so the amounts are upper bounds.

{chr(10).join(reward_table(summary))}

![reward accuracy](reward_accuracy.png)

REINFORCE with the reward model in the loop, averaged over the last five updates of 16 episodes:

![alignment](alignment.png)

The aligned agents, left and right, from each of the four spawns:

![left](agent_left.gif) ![right](agent_right.gif)

Seconds a stage, wall time; two run at once:

| stage | seconds |
| --- | --- |
{chr(10).join(f"| {stage} | {duration:.0f} |" for stage, duration in summary["seconds"].items())}
"""


def publish(preset: str, run: Path, results: Path) -> None:
    """Writes everything aside, then replaces what was published before."""
    settings = yaml.safe_load((HERE / "presets" / f"{preset}.yaml").read_text())
    reference = json.loads((HERE / "reference.json").read_text())
    summary = summarize(run, preset, settings["seed"])
    aside = results.with_name(f".{results.name}.partial")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    (aside / "summary.json").write_text(json.dumps(summary, indent=1) + "\n")
    (aside / "report.md").write_text(report(summary, reference, settings))
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
