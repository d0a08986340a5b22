"""Collects a finished run into one summary: outcomes by stage, reward-model accuracies, times, where it was run."""

import csv
import json
from pathlib import Path
from typing import Any

from zoo.provenance import commit, hardware

STAGES = ("base", "sft", "scratch", "prefft_left", "prefft_right", "aligned_left", "aligned_right")


def seconds(run: Path) -> dict[str, float]:
    """Reads how long each stage took, wall time."""
    times = {}
    for path in sorted((run / "seconds").glob("*.tsv")):
        with path.open() as file:
            times[path.stem] = float(next(csv.DictReader(file, delimiter="\t"))["s"])
    return times


def summarize(run: Path, preset: str, seed: int) -> dict[str, Any]:
    """Collects everything that a report shows.

    Args:
        run: Folder of the run.
        preset: Name of the preset.
        seed: Seed of the run.

    Returns:
        JSON values; rates in percent.
    """
    outcomes = {stage: run / "evaluation" / stage / "outcomes.json" for stage in STAGES}
    accuracies = sorted((run / "reward").glob("*/accuracy.json"))
    return {
        "preset": preset,
        "configuration": [f"benchmarks/paper/presets/{preset}.yaml", f"configs/preset/{preset}"],
        "commit": commit(),
        "hardware": hardware(),
        "seed": seed,
        "stages": {stage: json.loads(path.read_text()) for stage, path in outcomes.items() if path.exists()},
        "reward": [row for path in accuracies for row in json.loads(path.read_text())],
        "seconds": seconds(run),
    }
