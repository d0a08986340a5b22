"""Makes the pictures of `docs/data.md`: `python docs/pictures.py` records a few games and writes them to `docs/`."""

import tempfile
from itertools import islice
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import torch

from padzoo.cli import main
from padzoo.core.gamepad import AXES, BUTTONS, CENTER, is_noop
from padzoo.core.trajectory import Trajectory
from padzoo.datamodules.augment import Augment
from padzoo.datamodules.sets.shard_set import ShardSet

DOCS = Path(__file__).parent
STEPS = (0, 12, 24)  # of the window that is shown
DRAWS = 5


def augmentation(trajectories: list[Trajectory]) -> None:
    """Draws windows as they were recorded, and what some draws make of them: a row a step, all of a column alike."""
    figure, axes = plt.subplots(len(STEPS), 1 + DRAWS, figsize=(11, 6))
    window = torch.from_numpy(trajectories[0].frames[:32])
    columns = [window, *Augment()(torch.stack([window] * DRAWS), seeds=list(range(DRAWS)))]
    for column, frames in enumerate(columns):
        for row, step in enumerate(STEPS):
            axis = axes[row, column]
            axis.imshow(frames[step])
            axis.set(xticks=[], yticks=[])
            axis.set_title(("recorded" if column == 0 else f"draw {column}") if row == 0 else "")
            axis.set_ylabel(f"step {step}" if column == 0 else "")
    figure.tight_layout()
    figure.savefig(DOCS / "augmentation.png", dpi=90)


def noop_filter(trajectories: list[Trajectory]) -> None:
    """Draws what is pressed at every step of the run with the longest pause, and which steps are dropped."""
    idle = [is_noop(trajectory.actions) for trajectory in trajectories]
    run = max(range(len(idle)), key=lambda index: idle[index].sum() if 5 < idle[index].sum() < 40 else 0)
    trajectory, dropped = trajectories[run], idle[run]
    pressed = trajectory.actions.astype(float)
    pressed[:, len(BUTTONS) :] = (pressed[:, len(BUTTONS) :] - CENTER) / CENTER
    figure, (film, axis) = plt.subplots(2, 1, figsize=(11, 5.5), height_ratios=[1, 3])
    shown = np.linspace(0, len(trajectory) - 1, 12).astype(int)
    pictures = [trajectory.frames[step] // (4 if dropped[step] else 1) for step in shown]
    film.imshow(np.hstack(pictures))
    film.set(xticks=64 + 128 * np.arange(12), yticks=[], title="a run with a pause; dark: dropped")
    film.set_xticklabels([str(step) for step in shown])
    axis.imshow(pressed.T, aspect="auto", cmap="RdBu", vmin=-1, vmax=1, interpolation="nearest")
    for step in np.flatnonzero(dropped):
        axis.axvspan(step - 0.5, step + 0.5, color="0.25", alpha=0.75, linewidth=0)
    axis.set_yticks(range(len(BUTTONS + AXES)), BUTTONS + AXES, fontsize=8)
    axis.set_xlabel(f"step (0.1 s); {dropped.sum()} of {len(dropped)} press nothing and are dropped")
    figure.tight_layout()
    figure.savefig(DOCS / "noop_filter.png", dpi=90)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        made = str(Path(scratch) / "demos")
        if main(["demos", "--player", "runners", "--episodes", "24", "--out", made]):
            raise SystemExit(1)
        played = list(islice(ShardSet(made), 24))
    augmentation(played)
    noop_filter(played)
