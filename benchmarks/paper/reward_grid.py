"""Trains and tests the reward models of one side: every encoder, amount of comparisons and subset, in one process."""

import argparse
import json
import shutil
from itertools import product
from pathlib import Path
from typing import Any

import yaml

from zoo.cli import main

Json = dict[str, Any]


def padzoo(*arguments: object) -> None:
    """Runs one command in this process: its imports take longer than a small reward model's training."""
    if main([str(argument) for argument in arguments]):
        raise SystemExit(f"failed: padzoo {' '.join(map(str, arguments))}")


def preferences(run: Path, split: str, side: str, preset: Json, comparisons: int, subset: int) -> Path:
    """Writes the preferences of one choice among the rollouts, if they are not there yet."""
    path = run / "preferences" / side / f"{split}-{comparisons}-{subset}.jsonl"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        padzoo(
            *("prefer", run / "rollouts" / split, "--criterion", preset["criteria"][side], "--seed", subset),
            *("--comparisons", comparisons, "--pairs", preset["pairs"], "--out", path),
        )
    return path


def model(run: Path, side: str, encoder: str, comparisons: int, subset: int) -> Path:
    """Returns the folder of one reward model."""
    return run / "reward" / side / f"{encoder}-{comparisons}-{subset}"


def options(run: Path, preset: Json, policy: str, side: str, encoder: str, amount: int, subset: int) -> list[object]:
    """Returns what the commands `fit` and `test` of one reward model have in common."""
    return [
        *("--config", "configs/experiment/reward.yaml", "--config", f"configs/preset/{preset['name']}/reward.yaml"),
        *("--model.encoder", encoder, "--model.projection_seed", subset, "--model.policy", policy),
        *("--model.feature_cache", run / "features", "--seed_everything", subset, "--data.seed", subset),
        *("--data.train", run / "rollouts" / "train"),
        *("--data.train_preferences", preferences(run, "train", side, preset, amount, subset)),
        *("--trainer.default_root_dir", model(run, side, encoder, amount, subset), "--trainer.logger", "false"),
        *("--trainer.enable_progress_bar", "false", "--trainer.enable_model_summary", "false"),
    ]


def train(run: Path, preset: Json, policy: str, side: str, encoder: str, amount: int, subset: int) -> None:
    """Trains one reward model."""
    shutil.rmtree(model(run, side, encoder, amount, subset), ignore_errors=True)
    padzoo("fit", *options(run, preset, policy, side, encoder, amount, subset))


def test(run: Path, preset: Json, policy: str, side: str, encoder: str, amount: int, subset: int) -> None:
    """Tests one reward model on all held-out preferences."""
    folder = run / "rollouts" / "test"
    samples = json.loads((folder / "index.json").read_text())["samples"]
    held_out = preferences(run, "test", side, preset, samples * (samples - 1) // 2, 0)
    padzoo(
        *("test", *options(run, preset, policy, side, encoder, amount, subset)),
        *("--data.test", folder, "--data.test_preferences", held_out),
        *("--ckpt_path", model(run, side, encoder, amount, subset) / "checkpoints" / "last.ckpt"),
    )


def accuracy(root: Path) -> float:
    """Returns the accuracy that a trained reward model was tested with, in percent."""
    found: float = json.loads((root / "test.json").read_text())["test/accuracy"]
    return round(100 * found, 2)


def first(preset: Json) -> tuple[str, int, int]:
    """Returns encoder, comparisons and subset of the reward model that aligns, which other stages wait for."""
    return "agent", max(preset["comparisons"]), 0


def grid(run: Path, preset: Json, policy: str, side: str) -> list[Json]:
    """Trains and tests what is left of one side's grid, and returns all of its accuracies."""
    rows = []
    for which in product(preset["encoders"], preset["comparisons"], range(preset["subsets"])):
        root = model(run, side, *which)
        if not (root / "test.json").exists():  # a grid that was cut off goes on
            if which != first(preset):
                train(run, preset, policy, side, *which)
            test(run, preset, policy, side, *which)
        row = {"encoder": which[0], "side": side, "comparisons": which[1], "seed": which[2]}
        rows.append({**row, "accuracy": accuracy(root)})
        print(rows[-1], flush=True)
    return rows


def train_first(run: Path, preset: Json, policy: str, side: str) -> None:
    """Trains the reward model that aligns, on rollouts that may be new."""
    shutil.rmtree(run / "preferences" / side, ignore_errors=True)
    shutil.rmtree(run / "reward" / side, ignore_errors=True)
    train(run, preset, policy, side, *first(preset))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    for flag in ("preset", "run", "side", "policy"):
        parser.add_argument(f"--{flag}", required=True)
    parser.add_argument("--first", action="store_true", help="only the model that aligns")
    given = parser.parse_args()
    settings = yaml.safe_load(Path(f"benchmarks/paper/presets/{given.preset}.yaml").read_text())
    settings["name"] = given.preset
    arguments = (Path(given.run), settings, given.policy, given.side)
    if given.first:
        train_first(*arguments)
    else:
        target = Path(given.run) / "reward" / given.side / "accuracy.json"
        target.with_suffix(".partial").write_text(json.dumps(grid(*arguments), indent=1) + "\n")
        target.with_suffix(".partial").replace(target)
