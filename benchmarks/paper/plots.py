"""The kinds of picture in the study, each drawn from the data published beside it; colours are Okabe and Ito's."""

from collections.abc import Iterator
from itertools import chain, repeat
from textwrap import fill
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import ScalarFormatter
from values import Json

from padzoo.callbacks.heatmap import draw_heatmap
from padzoo.envs.island.plan import outline

COLORS: Final = {"none": "0.6", "left": "#0072b2", "middle": "#e69f00", "right": "#009e73"}
ENCODERS: Final = {
    "agent": "#d55e00",
    "random_projection": "#56b4e9",
    "first_frame": "#cc79a7",
    "duration": "0.5",
}
STARTS: Final = {
    "prefft": "#0072b2",
    "sft": "#d55e00",
    "base": "#009e73",
    "scratch": "#cc79a7",
    "balanced": "#e69f00",
}


def shades() -> Iterator[float]:
    """Returns the opacity of the largest amount of comparisons, of the next, and of each of the rest."""
    return chain((1.0, 0.65), repeat(0.35))


def _panels(data: Json, width: float, height: float, **options: Any) -> list[tuple[Axes, Json]]:
    panels = data["panels"]
    figure = Figure(figsize=(width * len(panels), height), layout="constrained")
    axes = np.atleast_1d(figure.subplots(1, len(panels), **options))
    return list(zip(axes, panels, strict=True))


def _figure(drawn: list[tuple[Axes, Json]]) -> Figure:
    figure = drawn[0][0].get_figure()
    assert isinstance(figure, Figure)
    return figure


def bars(data: Json) -> Figure:
    """Draws how episodes end: bars with 95 % intervals, the paper's figures as diamonds."""
    drawn = _panels(data, max(2.2, 6 / len(data["panels"])), 3.2, sharey=True)
    for axes, panel in drawn:
        for x, (name, color) in enumerate(COLORS.items()):
            rate, low, high = panel["rates"][name]
            axes.bar(x, rate, color=color, yerr=[[max(0, rate - low)], [max(0, high - rate)]], capsize=3)
            if panel["paper"].get(name) is not None:
                axes.plot(x, panel["paper"][name], "kD", markersize=5, markerfacecolor="none")
        axes.set(xticks=range(4), xticklabels=COLORS, ylim=(0, 105))
        axes.set_title(fill(panel["title"], 20), fontsize=11)
        axes.spines[["top", "right"]].set_visible(False)
    figure = _figure(drawn)
    drawn[0][0].set_ylabel("episodes, %")
    figure.supxlabel("bars: ours, with 95 % intervals; diamonds: the paper's", fontsize=9)
    return figure


def accuracy(data: Json) -> Figure:
    """Draws test accuracy of reward models against comparisons: mean and single models, the paper's dotted."""
    drawn = _panels(data, 4.6, 4.2, sharey=True)
    for axes, panel in drawn:
        for line in panel["lines"]:
            color, amounts = ENCODERS[line["encoder"]], line["comparisons"]
            for amount, models in zip(amounts, line["models"], strict=True):
                axes.plot([amount] * len(models), models, ".", color=color, alpha=0.5)
            means = [np.mean(models) for models in line["models"]]
            axes.plot(amounts, means, "-", color=color, label=line["encoder"].replace("_", " "))
        for line in data["paper"]:
            label = f"{line['encoder'].replace('_', ' ')}, paper (pooled)"
            axes.plot(line["comparisons"], line["mean"], ":", color=ENCODERS[line["encoder"]], label=label)
        axes.set(xscale="log", title=panel["title"], xlabel="comparisons", ylim=(20, 102))
        axes.grid(alpha=0.3)
    drawn[0][0].set_ylabel("test accuracy, %")
    figure = _figure(drawn)
    columns = min(3, 1 + len(drawn))
    figure.legend(*drawn[0][0].get_legend_handles_labels(), fontsize=8, loc="outside lower center", ncols=columns)
    return figure


def curves(data: Json) -> Figure:
    """Draws what was logged over the episodes of alignments: means over seeds, standard errors shaded."""
    drawn = _panels(data, 5.0, 4.4, sharey=True)
    for axes, panel in drawn:
        for line in panel["lines"]:
            x, centre = np.asarray(line["episodes"]), np.asarray(line["mean"])
            error = np.asarray(line["error"])
            style = {"color": line["color"], "alpha": line.get("shade", 1.0)}
            axes.plot(x, centre, line.get("style", "-"), label=f"{line['label']} ({line['seeds']})", **style)
            axes.fill_between(x, centre - error, centre + error, color=line["color"], alpha=0.15, linewidth=0)
        axes.set(title=panel["title"], xlabel="episodes", ylim=(0, 105))
        axes.grid(alpha=0.3)
        axes.legend(
            title="number of seeds in brackets",
            fontsize=7,
            title_fontsize=7,
            ncols=2,
            loc="upper center",
            bbox_to_anchor=(0.5, -0.16),  # below the axes: inside it hid curves
        )
    drawn[0][0].set_ylabel(data["ylabel"])
    return _figure(drawn)


def heatmaps(data: Json) -> Figure:
    """Draws where agents went."""
    drawn = _panels(data, 2.1, 4.0)
    for axes, panel in drawn:
        cells = np.asarray(panel["cells"], dtype=np.float64)
        draw_heatmap(cells[:, :2], outline(), axes, panel["title"], weights=cells[:, 2])
    return _figure(drawn)


def paths(data: Json) -> Figure:
    """Draws the ways of episodes over the map, coloured by where they ended."""
    drawn = _panels(data, 3.0, 5.0)
    for axes, panel in drawn:
        for polygon in outline():
            axes.plot(*np.vstack([polygon, polygon[:1]]).T, color="0.3", linewidth=0.8)
        for outcome, ways in panel["ways"].items():
            for way in ways:
                axes.plot(*np.asarray(way, dtype=np.float64).T, color=COLORS[outcome], linewidth=0.6, alpha=0.5)
        axes.set(title=panel["title"], aspect="equal", xticks=[], yticks=[])
    return _figure(drawn)


def points(data: Json) -> Figure:
    """Draws one quantity against another."""
    drawn = _panels(data, 4.6, 3.8)
    for axes, panel in drawn:
        axes.set_prop_cycle(color=list(STARTS.values()))
        for line in panel["lines"]:
            axes.plot(line["x"], line["y"], line.get("style", "o"), label=line["label"])
        axes.set(
            title=panel["title"], xlabel=panel["xlabel"], ylabel=panel["ylabel"], xscale=panel.get("scale", "linear")
        )
        axes.set_yscale(panel.get("yscale", "linear"))
        if axes.get_yscale() == "log":  # within a decade: 3.5, not 3.5 x 10^0
            axes.yaxis.set_major_formatter(ScalarFormatter())
            axes.yaxis.set_minor_formatter(ScalarFormatter())
        axes.grid(alpha=0.3)
        axes.legend(fontsize=7)
    return _figure(drawn)
