"""Scaling: loss and closed-loop failure of base policies against parameters, frames and compute, as power laws."""

from typing import Final

import numpy as np
from collect import Missing, budget
from inference import Array, Estimate, bootstrap
from scipy import optimize
from study import Study
from values import Json

from padzoo.zoo.nets.cost import training_flops
from padzoo.zoo.nets.policy import CONTEXT, Policy

# Pearce et al. 2024, "Scaling laws for pre-training agents and world models": behavior cloning of the same game's play
# with convolutional encoders: compute-optimal parameters grow as compute to the 0.66, frames as compute to the 0.34.
PUBLISHED: Final = {"parameters": 0.66, "frames": 0.34}
AXES: Final = ("parameters", "frames", "compute")


def grid(study: Study) -> list[Json]:
    """Returns every base policy that was pre-trained whole, for more or fewer updates: what it cost, and how it does.

    Args:
        study: A finished run.

    Returns:
        Rows of `size`, `parameters`, `frames`, `compute` (floating-point operations), `loss` and `failure` (percent).
    """
    _, batch = budget(study.settings["configs"]["base"])
    ends = {(row["size"], row["seed"], row["name"]): row for row in study.validations}  # the last of each
    rows = []
    for agent, outcomes in study.outcomes.items():
        end = ends.get((agent.size, agent.seed, agent.name))
        if end is None or not agent.name.startswith("base_"):
            continue
        policy = Policy(agent.size)
        parameters = sum(parameter.numel() for parameter in policy.parameters())
        frames = end["updates"] * batch * CONTEXT
        cost = {"parameters": parameters, "frames": frames, "compute": training_flops(policy) * frames}
        rows.append({"size": agent.size, "seed": agent.seed, **cost, "loss": end["loss"], "failure": outcomes["none"]})
    if len({row["size"] for row in rows}) < 2 or len({row["frames"] for row in rows}) < 2:
        raise Missing("no grid of sizes and frames")
    return rows


def exponent(rows: list[Json], quantity: str, axis: str) -> Estimate:
    """Fits quantity = c x axis ** p by least squares of the logarithms, the interval by the bootstrap over points.

    Along parameters and frames the other is held at its largest, as far as the grid goes.
    """
    other = {"parameters": "frames", "frames": "parameters"}.get(axis)
    held = [row for row in rows if other is None or row[other] == max(row[other] for row in rows)]
    held = [row for row in held if row[quantity] > 0]  # no failure in all episodes has no logarithm
    if len({row[axis] for row in held}) < 2:
        raise Missing(f"fewer than two {axis} of which {quantity} is above 0")
    points = np.log(np.array([[row[axis], row[quantity]] for row in held]))
    return bootstrap(points, lambda sample: float(np.polyfit(sample[:, 0], sample[:, 1], 1)[0]))


def _surface(points: Array) -> Array:
    """Fits loss = E + A / N ** a + B / D ** b to points `(P, 3)` of N, D and loss: log E, log A, log B, a and b."""
    parameters, frames, loss = np.log(points).T

    def residual(x: Array) -> Array:
        terms = np.stack([np.full_like(loss, x[0]), x[1] - x[3] * parameters, x[2] - x[4] * frames])
        fitted: Array = np.logaddexp.reduce(terms) - loss
        return fitted

    bounds = ([-5, -5, -5, 0.01, 0.01], [3, 30, 30, 3, 3])
    found = optimize.least_squares(residual, [0.5, 3.0, 5.0, 0.4, 0.4], bounds=bounds, loss="huber", f_scale=0.01)
    return np.asarray(found.x)


def optimum(rows: list[Json]) -> Estimate:
    """Estimates p in N_opt ~ C ** p for compute C from the fitted loss surface: b / (a + b); frames get 1 - p."""
    points = np.array([[row["parameters"], row["frames"], row["loss"]] for row in rows], dtype=np.float64)

    def share(sample: Array) -> float:
        *_, a, b = _surface(sample)
        return float(b / (a + b))

    return bootstrap(points, share, resamples=200)  # a fit takes 10 ms


def table(study: Study) -> list[str]:
    """Returns the lines of a table of exponents, as Markdown."""
    rows = grid(study)
    lines = ["| what | against | exponent | points |", "| --- | --- | --- | --- |"]
    for quantity in ("loss", "failure"):
        for axis in AXES:
            try:
                found = exponent(rows, quantity, axis)
            except Missing as reason:
                lines.append(f"| {quantity} | {axis} | {reason} | |")
            else:
                lines.append(f"| {quantity} | {axis} | {found} | {found.count} |")
    if len({row["size"] for row in rows}) > 2:  # of two sizes, the surface's five numbers are anything
        best = optimum(rows)
        lines.append(f"| optimal parameters | compute | {best}; published {PUBLISHED['parameters']} | {best.count} |")
    return lines


def lines(study: Study) -> Json:
    """Collects loss and failure against compute, by size, for a figure."""
    rows = sorted(grid(study), key=lambda row: (row["parameters"], row["frames"]))
    groups = {size: [row for row in rows if row["size"] == size] for size in dict.fromkeys(r["size"] for r in rows)}
    panels = []
    for quantity, label in (("loss", "validation loss, nats a step"), ("failure", "closed-loop failure, %")):
        drawn = [
            {
                "label": size,
                "x": [row["compute"] for row in group],
                "y": [row[quantity] for row in group],
                "style": "o-",
            }
            for size, group in groups.items()
        ]
        axes = {"xlabel": "floating-point operations", "ylabel": label, "scale": "log", "yscale": "log"}
        panels.append({"title": quantity, "lines": drawn, **axes})
    return {"panels": panels, "grid": rows}
