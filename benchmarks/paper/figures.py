"""The pictures of a report, in colours that colour-blind readers can tell apart."""

from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from callbacks.heatmap import draw_heatmap, visited
from datamodules.archive import Archive
from envs.island import outline
from zoo.wilson import wilson

COLORS = {"none": "0.6", "left": "#0072b2", "middle": "#e69f00", "right": "#009e73"}
TITLES = {
    "base": "base",
    "sft": "fine-tuned",
    "scratch": "from scratch",
    "prefft_left": "preferred left",
    "prefft_right": "preferred right",
    "aligned_left": "aligned left",
    "aligned_right": "aligned right",
}
ENCODERS = {"agent": ("#d55e00", "agent_encoder"), "random_projection": ("#56b4e9", "random_projection")}
Json = dict[str, Any]


def outcomes(summary: Json, reference: Json) -> Figure:
    """Draws how episodes end after each stage, with 95 % intervals and the paper's figures (Figures 3 to 5, 19, 20)."""
    stages = summary["stages"]
    figure = Figure(figsize=(2 * len(stages), 3.2), layout="constrained")
    for axes, (stage, rates) in zip(figure.subplots(1, len(stages), sharey=True), stages.items(), strict=True):
        for x, (name, color) in enumerate(COLORS.items()):
            low, high = wilson(round(rates[name] * rates["episodes"] / 100), rates["episodes"])
            spread = [[rates[name] - 100 * low], [100 * high - rates[name]]]
            axes.bar(x, rates[name], color=color, yerr=np.clip(spread, 0, None), capsize=3)
            published = reference["outcomes"].get(stage, {}).get(name)
            if published is not None:
                axes.plot(x, published, "kD", markersize=5, markerfacecolor="none")
        axes.set(title=TITLES[stage], xticks=range(4), xticklabels=COLORS, ylim=(0, 105))
        axes.spines[["top", "right"]].set_visible(False)
    figure.axes[0].set_ylabel("episodes, %")
    figure.supxlabel("bars: ours, with 95 % Wilson intervals; diamonds: the paper's", fontsize=9)
    return figure


def heatmaps(run: Path, summary: Json) -> Figure:
    """Draws where the agent went after each stage (Figure 10)."""
    stages = summary["stages"]
    figure = Figure(figsize=(2.1 * len(stages), 4), layout="constrained")
    for axes, stage in zip(figure.subplots(1, len(stages)), stages, strict=True):
        archive = Archive(run / "evaluation" / stage)
        records = (archive.record(row) for row in range(len(archive)))
        positions = [record.positions for record in records if record.positions is not None]
        draw_heatmap(visited(positions), outline(), axes, TITLES[stage])
    return figure


def reward_accuracy(summary: Json, reference: Json) -> Figure:
    """Draws test accuracy against the number of comparisons, by encoder and side (Figures 7 and 14)."""
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    sides = sorted({row["side"] for row in summary["reward"]})
    for axes, side in zip(np.atleast_1d(figure.subplots(1, len(sides), sharey=True)), sides, strict=True):
        for encoder, (color, published) in ENCODERS.items():
            _accuracy_line(axes, summary["reward"], side, encoder, color)
            theirs = reference["reward_accuracy"]
            label = f"{published.replace('_', ' ')}, paper (both sides)"
            axes.plot(theirs["comparisons"], theirs[published]["mean"], ":", color=color, label=label)
        axes.set(xscale="log", title=side, xlabel="comparisons", ylim=(20, 102))
        axes.grid(alpha=0.3)
    figure.axes[0].set_ylabel("test accuracy, %")
    figure.axes[0].legend(fontsize=8)
    return figure


def _accuracy_line(axes: Axes, rows: list[Json], side: str, encoder: str, color: str) -> None:
    by_amount = defaultdict(list)
    for row in rows:
        if (row["side"], row["encoder"]) == (side, encoder):
            by_amount[row["comparisons"]].append(row["accuracy"])
            axes.plot(row["comparisons"], row["accuracy"], ".", color=color, alpha=0.6)
    amounts = sorted(by_amount)
    axes.plot(amounts, [np.mean(by_amount[n]) for n in amounts], "-", color=color, label=encoder.replace("_", " "))


def alignment(run: Path, sides: list[str], batch: int = 16) -> Figure:
    """Draws outcomes and reward over the episodes of each alignment (Figures 8 and 9)."""
    figure = Figure(figsize=(9, 3.4), layout="constrained")
    for axes, side in zip(np.atleast_1d(figure.subplots(1, len(sides), sharey=True)), sides, strict=True):
        events = EventAccumulator(str(run / f"aligned_{side}"))
        events.Reload()
        for name, color in [*COLORS.items(), ("reward", "k")]:
            scalars = events.Scalars(f"train/{name}")
            values = smooth(np.array([scalar.value for scalar in scalars]))
            style = "--" if name == "reward" else "-"
            axes.plot([batch * scalar.step for scalar in scalars], 100 * values, style, color=color, label=name)
        axes.set(title=f"aligned {side}", xlabel="episodes", ylim=(0, 105))
        axes.grid(alpha=0.3)
    figure.axes[0].set_ylabel("episodes, % (reward x 100)")
    figure.axes[0].legend(fontsize=8)
    return figure


def smooth(values: np.ndarray[Any, np.dtype[np.float64]], width: int = 5) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Averages over the last few readings."""
    return np.array([values[max(0, end - width) : end].mean() for end in range(1, len(values) + 1)])
