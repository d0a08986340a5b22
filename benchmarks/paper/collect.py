"""Takes from a run what each figure shows, as JSON values."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import plots
import yaml
from digest import OUTCOMES, Series
from inference import FEWEST, mean, rank_correlation
from study import Alignment, Study
from values import SPLIT, Json

from padzoo.core.wilson import wilson
from padzoo.envs.island.plan import SPAWNS

TITLES: Final = {
    "base": "base",
    "sft": "fine-tuned",
    "scratch": "from scratch",
    "past": "from scratch, sees past actions",
    "balanced": "fine-tuned, balanced",
    "prefft_left": "preferred left",
    "prefft_right": "preferred right",
    "aligned_left": "aligned left",
    "aligned_right": "aligned right",
}
STARTS: Final = {
    "prefft": "preference fine-tuned",
    "sft": "fine-tuned",
    "base": "base",
    "scratch": "from scratch",
    "balanced": "fine-tuned, balanced",
}
ENCODERS: Final = {
    "agent": "agent_encoder",
    "random_projection": "random_projection",
}  # here, and in the paper's figures
WIDTH: Final = 5  # updates over which curves are averaged


class Missing(Exception):
    """A figure whose agents this preset does not make."""


def interval(rates: Json, name: str) -> tuple[float, float, float]:
    """Returns a rate and its 95 % interval, in percent: Wilson's, or Student's t over the seeds where that is wider."""
    low, high = (100 * end for end in wilson(round(rates[name] * rates["episodes"] / 100), rates["episodes"]))
    if "by_seed" in rates:
        found = mean(rates["by_seed"][name])
        low, high = max(0.0, min(low, found.low)), min(100.0, max(high, found.high))
    return rates[name], round(low, 2), round(high, 2)


def panel(study: Study, title: str, name: str, paper: str | None = None, size: str | None = None) -> Json:
    """Returns how the episodes of one agent ended, as a panel of bars."""
    rates = study.pooled(name, size)
    if rates is None:
        raise Missing(f"{name} is not evaluated")
    published = study.reference["outcomes"].get(name if paper is None else paper, {})
    found = {key: interval(rates, key) for key in OUTCOMES}
    paper_rates = {key: published.get(key) for key in OUTCOMES}
    return {"title": title, "rates": found, "episodes": rates["episodes"], "paper": paper_rates}


def outcome(name: str, stage: str) -> Callable[[Study], Json]:
    """Collects the outcomes of one agent of the pipeline; `{side}` and `{largest}` in its name are filled in."""

    def collect(study: Study) -> Json:
        if "{side}" not in name:
            return {"panels": [panel(study, TITLES[stage], name)]}
        stages = [(side, f"{stage}_{side}") for side in study.sides]
        filled = [(TITLES[key], name.format(side=side, largest=study.largest), key) for side, key in stages]
        return {"panels": [panel(study, *arguments) for arguments in filled]}

    return collect


def all_outcomes(study: Study) -> Json:
    """Collects the outcomes of all stages."""
    return {"panels": [panel(study, TITLES[stage], study.names[stage], stage) for stage in _stages(study)]}


def _stages(study: Study) -> list[str]:
    found = list(study.stages())
    if not found:
        raise Missing(f"no agent of size {study.size} is evaluated")
    return found


def outcomes_by_size(study: Study) -> Json:
    """Collects the outcomes of agents trained from scratch, by size, the smallest first (Figure 12)."""
    sizes = [size for size in study.sizes if study.pooled("scratch", size)]
    if len(sizes) < 2:
        raise Missing("agents from scratch of fewer than two sizes")
    return {"panels": [panel(study, f"{size}, from scratch", "scratch", "", size) for size in sizes]}


def ablations(study: Study) -> Json:
    """Collects the outcomes of agents that learn from other inputs or other runs (controls)."""
    return {"panels": [panel(study, TITLES[name], name) for name in ("scratch", "past", "sft", "balanced")]}


def accuracy(by_side: bool, controls: bool = False) -> Callable[[Study], Json]:
    """Collects accuracies of reward models, by encoder and amount of comparisons, pooled or by pad."""

    def collect(study: Study) -> Json:
        rows = [row for row in study.accuracies if row["size"] == study.size and row["of"] == "sft"]
        if not rows:
            raise Missing(f"no reward models of size {study.size}")
        encoders = [name for name in plots.ENCODERS if controls or name in ENCODERS]
        groups = {side: [row for row in rows if row["side"] == side] for side in study.sides}
        if not by_side:
            groups = {"both sides": rows}
        theirs = study.reference["reward_accuracy"]
        paper = [
            {"encoder": ours, "comparisons": theirs["comparisons"], "mean": theirs[name]["mean"]}
            for ours, name in ENCODERS.items()
        ]
        panels = [{"title": title, "lines": _lines(group, encoders)} for title, group in groups.items()]
        return {"panels": panels, "paper": paper}

    return collect


def categories(study: Study) -> Json:
    """Collects accuracies of reward models on pairs between categories, and on pairs within them (a control)."""
    rows = [row for row in study.accuracies if (row["size"], row["of"]) == (study.size, "sft")]
    if not any(kind in row for kind in SPLIT for row in rows):
        raise Missing("no accuracy is split by categories")
    titles = {"between": "different pads", "within": "pads of one rank: the shorter is better"}
    panels = [
        {"title": titles[kind], "lines": _lines([row for row in rows if kind in row], plots.ENCODERS, kind)}
        for kind in SPLIT
    ]
    return {"panels": panels, "paper": []}


def _lines(rows: Sequence[Json], encoders: Iterable[str], kind: str = "accuracy") -> list[Json]:
    lines = []
    for encoder in encoders:
        models = defaultdict(list)
        for row in rows:
            if row["encoder"] == encoder:
                models[row["comparisons"]].append(row[kind])
        if models:
            amounts = sorted(models)
            lines.append({"encoder": encoder, "comparisons": amounts, "models": [models[n] for n in amounts]})
    return lines


def smooth(values: Series, width: int = WIDTH) -> Series:
    """Averages over the last few readings."""
    return np.array([values[max(0, end - width) : end].mean() for end in range(1, len(values) + 1)])


def budget(config: str) -> tuple[int, int]:
    """Returns how many updates a configuration asks for, and how many windows or episodes a batch."""
    settings = yaml.safe_load(Path(config).read_text())
    return settings["trainer"]["max_steps"], settings["data"]["init_args"]["batch_size"]


def curve(study: Study, found: Sequence[Alignment], log: str, label: str, **style: Any) -> Json:
    """Returns mean and standard error over seeds of something logged by alignments, in percent, as a line."""
    updates = max(len(alignment.logs[log]) for alignment in found)
    logs = [smooth(100 * alignment.curve(log, updates)) for alignment in found]
    values = np.stack(logs)  # (seeds, updates)
    error = values.std(0, ddof=1) / len(values) ** 0.5 if len(values) > 1 else np.zeros(values.shape[1])
    _, batch = budget(study.settings["alignments"][found[0].aligner]["config"])
    numbers = {"episodes": batch * np.arange(1, values.shape[1] + 1), "mean": values.mean(0), "error": error}
    rounded = {name: np.round(series, 2).tolist() for name, series in numbers.items()}
    return {"label": label, "seeds": len(logs), **rounded, **style}


def select(
    study: Study, start: str, side: str, size: str | None = None, aligner: str = "main"
) -> dict[int, list[Alignment]]:
    """Returns alignments by the comparisons of their reward models, the most first; each amount's are one a seed."""
    found = defaultdict(list)
    for alignment in study.alignments:
        which = (alignment.agent.size, alignment.start, alignment.side, alignment.aligner)
        if which == (size or study.size, start, side, aligner):
            found[alignment.comparisons].append(alignment)
    return dict(sorted(found.items(), reverse=True))


def alignment(sides: Sequence[str], starts: Sequence[str]) -> Callable[[Study], Json]:
    """Collects success over the episodes of alignments, by start and amount of comparisons."""

    def collect(study: Study) -> Json:
        panels = []
        for side in sides:
            lines = [
                curve(study, found, side, f"{STARTS[start]}, {amount:,}", color=plots.STARTS[start], shade=shade)
                for start in starts
                for (amount, found), shade in zip(select(study, start, side).items(), plots.shades(), strict=False)
            ]
            if not lines:
                raise Missing(f"no alignment of these starts: {', '.join(starts)}")
            panels.append({"title": f"aligned {side}", "lines": lines})
        return {"panels": panels, "ylabel": "episodes that reach the wanted pad, %"}

    return collect


def alignment_by_size(study: Study) -> Json:
    """Collects success over the episodes of alignments from scratch, each size with reward models of its own."""
    palette = list(plots.STARTS.values())
    panels = []
    for side in study.sides:
        lines = [
            curve(study, found, side, f"{size}, {STARTS[start]}", color=color, style=style)
            for size, color in zip(study.sizes, palette, strict=False)
            for start, style in (("scratch", "-"), ("sft", "--"))
            for found in list(select(study, start, side, size).values())[:1]
        ]
        if len(study.sizes) < 2 or not lines:
            raise Missing("this preset has one size")
        panels.append({"title": f"aligned {side}", "lines": lines})
    return {"panels": panels, "ylabel": "episodes that reach the wanted pad, %"}


def aligners(study: Study) -> Json:
    """Collects alignments of the preference fine-tuned agent by each of the preset's aligners (a control)."""
    panels = []
    for side in study.sides:
        known = study.settings["alignments"]
        found = {name: select(study, "prefft", side, aligner=name).get(study.largest) for name in known}
        lines = [
            curve(study, group, side, known[name]["title"], color=color)
            for (name, group), color in zip(found.items(), plots.STARTS.values(), strict=False)
            if group
        ]
        if len(lines) > 1:  # a preset may align with several to one pad only
            panels.append({"title": f"aligned {side}", "lines": lines})
    if not panels:
        raise Missing("one aligner")
    return {"panels": panels, "ylabel": "episodes that reach the wanted pad, %"}


def overoptimization(study: Study) -> Json:
    """Collects reward and success against the KL divergence from the start, the best reward models (a control)."""
    panels = []
    for side in study.sides:
        found = select(study, "prefft", side).get(study.largest)
        if not found:
            raise Missing("no alignment")
        kl = [value / 100 for value in curve(study, found, "kl", "")["mean"]]
        lines = [
            {"label": label, "x": kl, "y": curve(study, found, log, "")["mean"], "style": "."}
            for log, label in ((side, "episodes that reach the pad, %"), ("reward", "reward x 100"))
        ]
        axes = {"xlabel": "KL from the start, nats an episode", "ylabel": "%"}
        panels.append({"title": f"aligned {side}", "lines": lines, **axes})
    return {"panels": panels}


def heatmaps(study: Study) -> Json:
    """Collects where agents went, in cells of 20 map units, by stage (Figure 10)."""
    panels = []
    for stage in _stages(study):
        panels.append({"title": TITLES[stage], "cells": study.cells(study.names[stage])})
    return {"panels": panels}


def ways(study: Study, name: str, spawn: int | None = None) -> dict[str, list[list[list[int]]]]:
    """Returns every third place of the episodes that reached the left or right pad, from one spawn or all."""
    found: dict[str, list[list[list[int]]]] = {"left": [], "right": []}
    if study.pooled(name) is None:
        raise Missing(f"{name} is not evaluated")
    for way in study.ways(name):
        if spawn in (None, way["spawn"]):
            found[way["outcome"]].append(way["places"])
    return found


def ways_by_spawn(study: Study) -> Json:
    """Collects the fine-tuned agent's successful ways to the left and right pad, by spawn (Figure 15)."""
    panels = []
    for spawn in range(len(SPAWNS)):
        found = ways(study, "sft", spawn)
        title = f"spawn {spawn}: {len(found['left'])} left, {len(found['right'])} right"
        panels.append({"title": title, "ways": found})
    return {"panels": panels}


def ways_by_stage(study: Study) -> Json:
    """Collects the base and fine-tuned agents' successful ways to the left and right pad (Figure 16)."""
    return {"panels": [{"title": TITLES[name], "ways": ways(study, name)} for name in ("base", "sft")]}


def losses(study: Study) -> Json:
    """Collects validation loss against closed-loop failure over checkpoints, before any fine-tuning (a control)."""
    panels = []
    for kind in ("base", "scratch"):
        rows = [row for row in study.validations if row["name"].split("_")[0] == kind]
        if len(rows) < FEWEST:
            continue
        sizes = {size: [row for row in rows if row["size"] == size] for size in study.sizes}
        lines = [
            {"label": size, "x": [row["loss"] for row in own], "y": [row["none"] for row in own]}
            for size, own in sizes.items()
            if own
        ]
        found = rank_correlation([row["loss"] for row in rows], [row["none"] for row in rows])
        axes = {"xlabel": "validation loss, nats a step", "ylabel": "closed-loop failure, %"}
        panels.append({"title": f"{TITLES[kind]}\nrank correlation {found}", "lines": lines, **axes})
    if not panels:
        raise Missing(f"fewer than {FEWEST} checkpoints of base policies, and of those from scratch")
    return {"panels": panels}
