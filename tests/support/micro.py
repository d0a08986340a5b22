"""Trainings of a moment through the command line, as users do it; and what they leave."""

import csv
import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from padzoo.cli import main

CONFIGS = Path(__file__).parents[2] / "configs"


def padzoo(*arguments: object) -> int:
    """Runs a command and returns its exit status."""
    return main([str(argument) for argument in arguments])


STAGES = {
    "base": "imitate/micro",
    "scratch": "imitate/micro",
    "sft": "imitate/micro_sft",
    "reward": "reward/micro",
    "prefft": "prefer/micro",
    "aligned": "align/micro",
}


def preset(experiment: str, stage: str) -> list[object]:
    """The configurations of a stage of preset `micro`, as options."""
    names = (f"experiment/{experiment}", f"stage/{STAGES[stage]}")
    return [word for name in names for word in ("--config", CONFIGS / f"{name}.yaml")]


def fit(experiment: str, stage: str, root: Path, *arguments: object) -> Path:
    """Runs `padzoo fit` with a preset of two updates and returns its last checkpoint."""
    assert padzoo("fit", *preset(experiment, stage), "--trainer.default_root_dir", root, *arguments) == 0
    return root / "checkpoints" / "last.ckpt"


def logged(root: Path) -> list[object]:
    """Options that log every update into a table in a folder."""
    arguments = {"save_dir": str(root), "name": "", "version": ""}
    table = {"class_path": "lightning.pytorch.loggers.CSVLogger", "init_args": arguments}
    return ["--trainer.logger", json.dumps(table), "--trainer.log_every_n_steps", 1]


def column(root: Path, name: str) -> list[float]:
    """Reads what was logged under a name, update by update."""
    with (root / "metrics.csv").open() as file:
        return [float(row[name]) for row in csv.DictReader(file) if row.get(name)]


def checkpoint(path: Path) -> dict[str, Any]:
    """Reads a checkpoint."""
    found: dict[str, Any] = torch.load(path, weights_only=True)
    return found


def weights(path: Path) -> dict[str, Tensor]:
    """Reads the network's weights in a checkpoint."""
    state: dict[str, Tensor] = checkpoint(path)["state_dict"]
    return {name.removeprefix("net."): value for name, value in state.items() if name.startswith("net.")}
