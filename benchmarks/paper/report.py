"""Publishes a finished run: `summary.json`, `report.md`, figures with their data, and claims with verdicts."""

import argparse
import json
import shutil
from pathlib import Path
from typing import Final

import scaling
from agents import wanted
from claims import LEVEL, verdicts
from collect import Missing, budget
from digest import fingerprint
from figures import FIGURES
from study import Study
from tables import claim_table, outcome_table, reward_table, time_table
from values import SPLIT, Json

from padzoo.zoo.nets.policy import CONTEXT

OVERVIEW: Final = ("outcomes", "heatmaps", "reward_accuracy", "alignment")  # pictures of any run, beside its report
PAIRS: Final = {
    "all": "all pairs of few random rollouts, as in the paper",
    "random": "random pairs of all rollouts (the paper: all pairs of few, which teaches less)",
}


def draw(study: Study, folder: Path) -> tuple[dict[str, Path], dict[str, str]]:
    """Draws every figure that the run has data for, each with its data beside it.

    Args:
        study: A finished run.
        folder: Where to.

    Returns:
        Where each picture is, below `folder`; and why the others are not there.
    """
    drawn, missing = {}, {}
    wanted = FIGURES if study.settings["figures"] else OVERVIEW
    if study.settings["figures"]:
        (folder / "figures").mkdir()
    for name in wanted:
        figure = FIGURES[name]
        try:
            data = figure.collect(study)
        except Missing as reason:
            missing[name] = str(reason)
            continue
        path = Path(f"{name}.png") if name in OVERVIEW else Path("figures") / f"{name}.png"
        figure.draw(data).savefig(folder / path, dpi=110)
        if name not in OVERVIEW:
            text = {"figure": name, "title": figure.title, **study.provenance(), "data": data}
            (folder / path).with_suffix(".json").write_text(json.dumps(text, separators=(",", ":")) + "\n")
        drawn[name] = path
    return drawn, missing


def _pictures(drawn: dict[str, Path], prefix: str) -> str:
    found = [(FIGURES[name].title, path) for name, path in drawn.items() if name.startswith(prefix)]
    return "\n\n".join(f"{_number(path)}{title}:\n\n![{title}]({path})" for title, path in found)


def _number(path: Path) -> str:
    return f"Figure {int(path.stem[-2:])}. " if path.stem.startswith("figure_") else ""


OUTCOMES_TEXT: Final = """How episodes end after each stage, in percent, with 95 % intervals (Wilson's of all episodes,
or Student's t over the seeds where that is wider) and the paper's published figures. Base, fine-tuned and from scratch
are the best checkpoints in closed loop on other episodes; the others are the last."""
TURNED_TEXT: Final = """The same agents in the condition `turned`: at the spawn points, but facing anywhere, so that
most must turn round first. All above is in the condition `spawn`, facing the hall. The paper has no such test."""
REWARD_TEXT: Final = """Reward models: accuracy on all preferences among {rollouts[test]} held-out rollouts (the paper:
1,400), in percent: mean (least to greatest) over {subsets} subsets, and seeds: {pairs}. There are {rollouts[train]}
training rollouts (the paper: 1,000). The largest amount is every pair of them: there only the seeds of training and
projection differ. Pairs of equal rank give no preference, so the amounts are upper bounds."""
SPLIT_TEXT: Final = """The criterion ranks by a category: the wanted pad, another pad, none. Within one the shorter
run is better, so the length alone orders every pair there. Whether a model knows the pads is seen between categories.
There too, the length tells runs that reach a pad from those that reach none."""
ALIGNMENT_TEXT: Final = "Alignment with the reward model in the loop, averaged over the last five updates:"
CLAIMS_TEXT: Final = """A claim holds if the whole 95 % interval (Student's t over the readings, one a seed) is on its
side, does not hold if the whole interval is on the other; else it is undecided, for too few seeds. Scripted players
favour the middle, and most curated runs to the right start on the left: rows about that show that agents inherit it."""

TOGETHER_TEXT: Final = """{tested} claims are tested, each at 95 %. If there were nothing in any of them, chance alone
would make {chance:.1f} of them hold and {chance:.1f} not hold, on average. The last column says what is left at 95 %
for all claims of the paper, and for all questions asked here (Holm's method). A claim about every amount of comparisons
has the least of the values, of the lower ends and of the upper ends: it holds if it does at each amount, and does not
if it fails at one (its p-value then multiplied by the number of amounts)."""


def spent(study: Study) -> str:
    """Says how much a stage learns from, and what the paper gave it."""
    updates, batch = budget(study.settings["configs"]["base"])
    made = [
        f"{episodes * study.updates(name):,} by {how['title']}"
        for name, how in study.settings["alignments"].items()
        for _, episodes in [budget(how["config"])]
        if any(one.aligner == name for one in study.alignments)
    ]
    return (
        f"Pre-training sees {updates * batch * CONTEXT / 1e6:.2g} M frames (the paper: 355 M). An alignment has up to "
        f"so many episodes (the paper: 9,600): {', '.join(made)}."
    )


def told(study: Study) -> str:
    """Says what the preset adds to the configurations, if anything: arguments of the game."""
    game = study.settings.get("env_args")
    return f"The game's arguments, by player of the recordings and for agents: `{json.dumps(game)}`." if game else ""


def covered(study: Study) -> str:
    """Says how much of the preset was run."""
    evaluated, trained = (set(wanted(study.settings, kind)) for kind in ("evaluate", "train"))
    aligned = {agent for agent in evaluated | trained if agent.name.startswith("aligned")}
    found = {alignment.agent for alignment in study.alignments}
    return (
        f"Of the preset's {len(evaluated)} agents to evaluate {len(evaluated & study.outcomes.keys())} are here, "
        f"of its {len(aligned)} alignments {len(aligned & found)}."
    )


def _pictured(text: str, drawn: dict[str, Path], prefix: str) -> list[str]:
    """Returns a paragraph of text and the pictures whose names start so, if there are any."""
    found = [f"![{name.replace('_', ' ')}]({path})" for name, path in drawn.items() if name.startswith(prefix)]
    return [text + " ".join(found)] if found else []


def _turned(study: Study) -> list[str]:
    """Returns a paragraph and a table of how agents do in the condition `turned`, if any was evaluated in it."""
    stages = study.stages(turned=True)
    return [TURNED_TEXT, "\n".join(outcome_table(stages, {"outcomes": {}}))] if stages else []


def report(study: Study, drawn: dict[str, Path]) -> str:
    """Returns the overview of any run as Markdown."""
    about, settings = study.provenance(), study.settings
    files = " ".join(f"`{path}`" for path in about["configuration"])
    command = f"snakemake --snakefile benchmarks/paper/Snakefile --config preset={study.preset} --cores 2"
    parts = [
        f"# The pipeline, preset `{study.preset}`",
        f"Commit `{about['commit']}`, seeds {', '.join(map(str, about['seeds']))}; trained on: {about['hardware']}.",
        f"Made by `{command}` from {files}. {spent(study)} {covered(study)} {told(study)}".strip(),
        OUTCOMES_TEXT,
        "\n".join(outcome_table(study.stages(), study.reference)),
        *_pictured("", drawn, "outcomes"),
        *_turned(study),
        *_pictured("Where the agent went:\n\n", drawn, "heatmaps"),
        REWARD_TEXT.format(**settings | {"pairs": PAIRS[settings["pairs"]]}),
        "\n".join(reward_table(study)),
        *([SPLIT_TEXT] if any(kind in row for kind in SPLIT for row in study.accuracies) else []),
        *_pictured("", drawn, "reward_accuracy"),
        *_pictured(f"{ALIGNMENT_TEXT}\n\n", drawn, "alignment"),
        *_pictured("The aligned agents, left and right, from each of the four spawns:\n\n", drawn, "agent_"),
        "Seconds a stage (its last go, if it was cut off), wall time, summed over sizes and seeds; two run at once:",
        "\n".join(time_table(study)),
    ]
    return "\n\n".join(parts) + "\n"


def claims_and_figures(study: Study, drawn: dict[str, Path], missing: dict[str, str], claims: list[Json]) -> str:
    """Returns the rest of a study's report as Markdown: claims, figures, controls, scaling, what is missing."""
    absent = [f"- {name} ({FIGURES[name].title}): {reason}" for name, reason in missing.items()]
    parts = [
        f"## Claims of the paper\n\n{CLAIMS_TEXT}",
        _together(claims),
        "\n".join(claim_table(claims)),
        "## Figures of the paper\n\nThe data of each is beside it, in `figures/figure_NN.json`.",
        _pictures(drawn, "figure_"),
        *_controls(study, drawn),
        "\n".join(["## Not run", "", *absent]) if absent else "",
    ]
    return "\n" + "\n\n".join(part for part in parts if part) + "\n"


def _together(claims: list[Json]) -> str:
    """Says what so many tests at once mean, if any claim was tested."""
    tested = sum("p" in row for row in claims)
    return TOGETHER_TEXT.format(tested=tested, chance=tested * LEVEL / 2) if tested else ""


def _controls(study: Study, drawn: dict[str, Path]) -> list[str]:
    """Returns what the paper did not run: controls and scaling."""
    parts = []
    if controls := _pictures(drawn, "control_"):
        parts += ["## Controls", controls]
    if "scaling" in drawn:
        parts += ["## Scaling", "\n".join(scaling.table(study)), _pictures(drawn, "scaling")]
    return parts


def publish(preset: str, run: Path, results: Path) -> None:
    """Writes everything aside, then replaces what was published before."""
    study = Study(run, preset)
    if any(digest.get("settings", now) != now for now in [fingerprint(study.settings)] for digest in study.digests):
        raise SystemExit(f"{run}/digests: made with other settings than preset {preset} has now")
    aside = results.with_name(f".{results.name}.partial")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    drawn, missing = draw(study, aside)
    for gif in sorted(run.glob("agent_*.gif")):  # not there yet if their home is not
        drawn[gif.stem] = Path(shutil.copy(gif, aside)).relative_to(aside)
    text, summary = report(study, drawn), study.summary()
    if study.settings["figures"]:
        summary["claims"] = verdicts(study)
        text += claims_and_figures(study, drawn, missing, summary["claims"])
    (aside / "summary.json").write_text(json.dumps(summary, indent=1) + "\n")
    (aside / "report.md").write_text(text)
    shutil.copytree(run / "digests", aside / "digests")
    shutil.rmtree(results, ignore_errors=True)
    aside.replace(results)
    table = outcome_table(summary["stages"], study.reference)
    print("\n".join([*table, "", *reward_table(study), "", f"published to {results}"]))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    for flag in ("preset", "run", "results"):
        parser.add_argument(f"--{flag}", required=True)
    given = parser.parse_args()
    publish(given.preset, Path(given.run), Path(given.results))
