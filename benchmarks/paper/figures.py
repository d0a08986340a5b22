"""The figures of the study: the paper's by number, those of the controls, and scaling."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import collect
import plots
import scaling
from matplotlib.figure import Figure as Picture
from study import Study
from values import Json

SIDES: Final = ("left", "right")


@dataclass(frozen=True)
class Figure:
    """One figure.

    Args:
        title: What it shows, in one line.
        collect: Takes its data from a study; raises `Missing`.
        draw: Draws the data.
    """

    title: str
    collect: Callable[[Study], Json]
    draw: Callable[[Json], Picture]


FIGURES: Final = {
    "outcomes": Figure("How episodes end after each stage", collect.all_outcomes, plots.bars),
    "heatmaps": Figure("Where the agent went after each stage", collect.heatmaps, plots.heatmaps),
    "reward_accuracy": Figure("Accuracy of reward models by pad", collect.accuracy(by_side=True), plots.accuracy),
    "alignment": Figure(
        "Alignment of the preference fine-tuned agent", collect.alignment(SIDES, ["prefft"]), plots.curves
    ),
    "figure_03": Figure("The base agent", collect.outcome("base", "base"), plots.bars),
    "figure_04": Figure("The fine-tuned agent", collect.outcome("sft", "sft"), plots.bars),
    "figure_05": Figure("The agent trained from scratch", collect.outcome("scratch", "scratch"), plots.bars),
    "figure_07": Figure("Accuracy of reward models, both pads", collect.accuracy(by_side=False), plots.accuracy),
    "figure_08": Figure("Aligning left", collect.alignment(["left"], ["prefft", "sft"]), plots.curves),
    "figure_09": Figure("Aligning right", collect.alignment(["right"], ["prefft", "sft"]), plots.curves),
    "figure_10": Figure("Heatmaps by stage", collect.heatmaps, plots.heatmaps),
    "figure_12": Figure("Agents trained from scratch, by size", collect.outcomes_by_size, plots.bars),
    "figure_13": Figure("Aligning agents trained from scratch, by size", collect.alignment_by_size, plots.curves),
    "figure_14": Figure("Accuracy of reward models by pad", collect.accuracy(by_side=True), plots.accuracy),
    "figure_15": Figure("The fine-tuned agent's ways, by spawn", collect.ways_by_spawn, plots.paths),
    "figure_16": Figure("Ways of the base and the fine-tuned agent", collect.ways_by_stage, plots.paths),
    "figure_17": Figure("Aligning the base agent left", collect.alignment(["left"], ["base"]), plots.curves),
    "figure_18": Figure("Aligning the base agent right", collect.alignment(["right"], ["base"]), plots.curves),
    "figure_19": Figure(
        "After preference fine-tuning", collect.outcome("prefft_{side}_{largest}", "prefft"), plots.bars
    ),
    "figure_20": Figure("Fully aligned", collect.outcome("aligned_prefft_{side}_{largest}", "aligned"), plots.bars),
    "control_inputs": Figure("Past actions as inputs, and a balanced curated set", collect.ablations, plots.bars),
    "control_encoders": Figure(
        "Reward models that see less", collect.accuracy(by_side=True, controls=True), plots.accuracy
    ),
    "control_categories": Figure(
        "Accuracy on pairs that the pad decides, and on pairs that the length decides",
        collect.categories,
        plots.accuracy,
    ),
    "control_aligners": Figure("By aligner", collect.aligners, plots.curves),
    "control_overoptimization": Figure("Reward against success", collect.overoptimization, plots.points),
    "control_losses": Figure(
        "Validation loss against closed-loop failure (Spearman; bootstrap over checkpoints)",
        collect.losses,
        plots.points,
    ),
    "control_balanced": Figure(
        "Alignment with a balanced curated set", collect.alignment(SIDES, ["sft", "balanced"]), plots.curves
    ),
    "scaling": Figure("Scaling of base policies", scaling.lines, plots.points),
}
