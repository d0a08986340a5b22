"""How much of the island sets of recordings have seen, from which places and which way.

`python benchmarks/island_coverage.py SET...` prints each set's coverage and visits after more and more of its
recordings; `--out PICTURE` draws a map of each, coloured by how many of eight directions of view a cell was seen in.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from matplotlib.figure import Figure

from padzoo.datamodules.sets.shard_set import ShardSet
from padzoo.envs.island.coverage import CELL, ENOUGH, OCTANTS, Coverage
from padzoo.envs.island.plan import PADS, outline

READINGS: Final = 6


def measure(folder: str) -> Coverage:
    """Prints the rows of one set and returns the coverage of all of it."""
    recordings, coverage = ShardSet(folder), Coverage()
    stops = np.linspace(0, len(recordings), READINGS + 1).round()[1:]
    for row in range(len(recordings)):
        positions = recordings.record(row).positions
        if positions is not None:
            coverage.add(positions)
        if row + 1 in stops:
            visits = coverage.visits.total()
            shares = " | ".join(f"{100 * coverage.visits[pad] / visits:.1f}" if visits else "" for pad in PADS)
            counts = f"{row + 1:,} | {coverage.frames:,} | {100 * coverage.share:.1f} | {visits}"
            print(f"| {Path(folder).name} | {counts} | {shares} |")
    return coverage


def draw(found: Sequence[tuple[str, Coverage]]) -> Figure:
    """Draws a map of each set."""
    figure = Figure(figsize=(4.2 * len(found) + 0.8, 7), layout="constrained")
    for axes, (name, coverage) in zip(np.ravel(figure.subplots(1, len(found))), found, strict=True):
        octants = np.ma.masked_equal(coverage.octants.T, -1)
        image = axes.imshow(octants, extent=coverage.extent, origin="lower", cmap="viridis", vmin=0, vmax=OCTANTS)
        for polygon in outline():
            axes.plot(*np.vstack([polygon, polygon[:1]]).T, color="0.3", linewidth=0.8)
        axes.set(aspect="equal", xticks=[], yticks=[])
        axes.set_title(f"{name}: {coverage.frames:,} frames, {100 * coverage.share:.1f} %")
    label = f"directions of {OCTANTS} in which a cell of {CELL} x {CELL} units was seen {ENOUGH} times or more"
    figure.colorbar(image, ax=figure.axes, shrink=0.6, label=label)
    return figure


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", nargs="+")
    parser.add_argument("--out", type=Path, help="picture to write")
    given = parser.parse_args()
    print(f"| set | recordings | frames | coverage, % | visits | {' | '.join(PADS)} |\n{'| --- ' * (5 + len(PADS))}|")
    found = [(Path(folder).name, measure(folder)) for folder in given.sets]
    if given.out:
        draw(found).savefig(given.out, dpi=90)
