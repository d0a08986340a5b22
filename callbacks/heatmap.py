"""Heatmaps of where an agent went, over the outline of the map (Figure 10)."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from numpy.typing import NDArray

CELL: Final = 20  # side of a cell in map units: about what a step covers at half speed
CELLS: Final = 400  # at most, a side: games have maps of any size
Points = NDArray[np.floating]


def visited(positions: Sequence[Points]) -> Points:
    """Joins the places of many trajectories.

    Args:
        positions: x, y and heading of each, `(T, 3)`.

    Returns:
        x and y of every step of all of them at which they are known, `(N, 2)`.
    """
    places: Points = np.concatenate([places[:, :2] for places in positions])
    known: Points = places[~np.isnan(places).any(axis=1)]
    return known


def draw_heatmap(
    points: Points,
    outline: Sequence[Points],
    axes: Axes | None = None,
    title: str = "",
    weights: Points | None = None,
) -> Figure:
    """Draws how often each place was visited, on a logarithmic scale.

    Args:
        points: Visited places in map units, `(N, 2)`.
        outline: Polygons of the map to draw over it, each `(K, 2)`; without one the axes fit the points.
        axes: Where to draw; None makes a figure of its own.
        title: What to write above.
        weights: How often each point counts, `(N,)`; once if left out.

    Returns:
        The figure.
    """
    if axes is None:
        axes = Figure(figsize=(4, 5), layout="constrained").add_subplot()
    extent = np.concatenate([*outline, points]) if outline else points
    cell = max(CELL, float(np.ptp(extent, axis=0).max()) / CELLS)
    (left, bottom), (right, top) = extent.min(0) - 2 * cell, extent.max(0) + 2 * cell
    bins = [np.arange(left, right, cell), np.arange(bottom, top, cell)]
    counts, _, _ = np.histogram2d(points[:, 0], points[:, 1], bins=bins, weights=weights)
    axes.imshow(
        np.ma.masked_equal(counts.T, 0),
        extent=(left, bins[0][-1], bottom, bins[1][-1]),
        origin="lower",
        cmap="inferno_r",
        norm=LogNorm(vmin=1),
    )
    for polygon in outline:
        axes.plot(*np.vstack([polygon, polygon[:1]]).T, color="0.3", linewidth=0.8)
    axes.set(title=title, aspect="equal", xticks=[], yticks=[])
    figure = axes.get_figure()
    assert isinstance(figure, Figure)
    return figure
