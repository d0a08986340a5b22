"""Trains and tests the reward models of one side: every encoder, amount of comparisons and subset, in one process."""

import argparse
import json
import shutil
from pathlib import Path
from typing import Any

import yaml

from zoo.cli import main

Json = dict[str, Any]


def padzoo(*arguments: object) -> None:
    """Runs one command in this process: its imports take longer than a small reward model's training."""
    if main([str(argument) for argument in arguments]):
        raise SystemExit(f"failed: padzoo {' '.join(map(str, arguments))}")


def preferences(run: Path, split: str, side: str, criterion: str, comparisons: int, subset: int) -> Path:
    """Writes the preferences of one subset of the rollouts, if they are not there yet."""
    path = run / "preferences" / side / f"{split}-{comparisons}-{subset}.jsonl"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        padzoo(
            *("prefer", run / "rollouts" / split, "--criterion", criterion, "--comparisons", comparisons),
            *("--seed", subset, "--out", path),
        )
    return path


def train(run: Path, preset: Json, policy: str, side: str, encoder: str, comparisons: int, subset: int) -> float:
    """Trains one reward model and returns its accuracy on all held-out preferences, in percent."""
    root = run / "reward" / side / f"{encoder}-{comparisons}-{subset}"
    shutil.rmtree(root, ignore_errors=True)
    test = run / "rollouts" / "test"
    criterion = preset["criteria"][side]
    held_out = json.loads((test / "index.json").read_text())["samples"]
    common = [
        *("--config", "configs/experiment/reward.yaml", "--config", f"configs/preset/{preset['name']}/reward.yaml"),
        *("--model.encoder", encoder, "--model.projection_seed", subset, "--model.policy", policy),
        *("--model.feature_cache", run / "features", "--seed_everything", subset, "--data.seed", subset),
        *("--data.train", run / "rollouts" / "train", "--data.test", test),
        *("--data.train_preferences", preferences(run, "train", side, criterion, comparisons, subset)),
        *("--data.test_preferences", preferences(run, "test", side, criterion, held_out * (held_out - 1) // 2, 0)),
        *("--trainer.default_root_dir", root),
    ]
    padzoo("fit", *common)
    padzoo("test", *common, "--ckpt_path", root / "checkpoints" / "last.ckpt")
    accuracy: float = json.loads((root / "test.json").read_text())["test/accuracy"]
    return round(100 * accuracy, 2)


def grid(run: Path, name: str, policy: str, side: str) -> list[Json]:
    """Trains the whole grid of one side, seed by seed."""
    preset = yaml.safe_load(Path(f"benchmarks/paper/presets/{name}.yaml").read_text()) | {"name": name}
    rows = []
    for encoder in preset["encoders"]:
        for comparisons in preset["comparisons"]:
            for subset in range(preset["subsets"]):
                accuracy = train(run, preset, policy, side, encoder, comparisons, subset)
                row = {"encoder": encoder, "side": side, "comparisons": comparisons, "seed": subset}
                rows.append({**row, "accuracy": accuracy})
                print(rows[-1], flush=True)
    return rows


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    for flag in ("preset", "run", "side", "policy"):
        parser.add_argument(f"--{flag}", required=True)
    given = parser.parse_args()
    result = grid(Path(given.run), given.preset, given.policy, given.side)
    target = Path(given.run) / "reward" / given.side / "accuracy.json"
    target.with_suffix(".partial").write_text(json.dumps(result, indent=1) + "\n")
    target.with_suffix(".partial").replace(target)
