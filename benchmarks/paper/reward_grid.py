"""Trains and tests the reward models of one side: every encoder, amount of comparisons and subset, in one process."""

import argparse
import json
import shutil
from dataclasses import dataclass
from itertools import product
from math import comb
from pathlib import Path

import yaml
from values import SPLIT, Json

from padzoo.cli import main


def padzoo(*arguments: object) -> None:
    """Runs one command in this process: its imports take longer than a small reward model's training."""
    if main([str(argument) for argument in arguments]):
        raise SystemExit(f"failed: padzoo {' '.join(map(str, arguments))}")


def fresh(path: Path, rollouts: Path) -> bool:
    """Tells whether a file is there and was made from these rollouts, not from others that they replaced."""
    return path.exists() and path.stat().st_mtime > (rollouts / "index.json").stat().st_mtime


@dataclass(frozen=True)
class Grid:
    """The reward models of one agent and side.

    Args:
        home: The agent's folder, `RUN/SIZE-SEED`.
        of: Name of the policy whose rollouts are compared.
        side: Which pad is wanted.
        policy: Checkpoint of the policy whose features are used.
        preset: The preset's amounts.
        accelerator: Where to train, other than as configured.
    """

    home: Path
    of: str
    side: str
    policy: str
    preset: Json
    accelerator: str | None = None

    @property
    def root(self) -> Path:
        """Where the models go."""
        return self.home / "reward" / self.of / self.side

    def rollouts(self, split: str) -> Path:
        """Returns the folder of rollouts of a split."""
        return self.home / "rollouts" / self.of / split

    def preferences(self, split: str, comparisons: int, subset: int) -> Path:
        """Writes the preferences of one choice among the rollouts, if they are not there yet."""
        path = self.home / "preferences" / self.of / self.side / f"{split}-{comparisons}-{subset}.jsonl"
        if not fresh(path, self.rollouts(split)):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
            padzoo(
                *("prefer", self.rollouts(split), "--criterion", self.preset["criteria"][self.side], "--seed", subset),
                *("--comparisons", min(comparisons, self.pairs(split)), "--pairs", self.preset["pairs"], "--out", path),
            )
        return path

    def pairs(self, split: str) -> int:
        """Returns how many pairs there are of a split's rollouts: fewer than planned if a game crashed."""
        samples: int = json.loads((self.rollouts(split) / "index.json").read_text())["samples"]
        return comb(samples, 2)

    def held_out(self) -> Path:
        """Writes all preferences among the test rollouts, if they are not there yet."""
        return self.preferences("test", self.pairs("test"), 0)

    def model(self, encoder: str, comparisons: int, subset: int) -> Path:
        """Returns the folder of one reward model."""
        return self.root / f"{encoder}-{comparisons}-{subset}"

    def options(self, encoder: str, comparisons: int, subset: int) -> list[object]:
        """Returns what the commands `fit` and `test` of one reward model have in common."""
        return [
            *("--config", "configs/experiment/reward.yaml", "--config", self.preset["configs"]["reward"]),
            *("--model.encoder", encoder, "--model.projection_seed", subset, "--model.policy", self.policy),
            *(("--model.components", "null") if encoder == "duration" else ()),  # one number a step has no components
            *("--model.feature_cache", self.home / "features" / self.of),
            *("--seed_everything", subset, "--data.seed", subset),
            *("--data.train", self.rollouts("train")),
            *("--data.train_preferences", self.preferences("train", comparisons, subset)),
            *("--trainer.default_root_dir", self.model(encoder, comparisons, subset), "--trainer.logger", "false"),
            *("--trainer.enable_progress_bar", "false", "--trainer.enable_model_summary", "false"),
            *(("--trainer.accelerator", self.accelerator) if self.accelerator else ()),
        ]

    def train(self, encoder: str, comparisons: int, subset: int) -> None:
        """Trains one reward model; the file `trained` says that it was not cut off, as that of `last.ckpt` may be."""
        root = self.model(encoder, comparisons, subset)
        shutil.rmtree(root, ignore_errors=True)
        padzoo("fit", *self.options(encoder, comparisons, subset))
        (root / "trained").touch()

    def test(self, encoder: str, comparisons: int, subset: int) -> None:
        """Tests one reward model on all held-out preferences."""
        padzoo(
            *("test", *self.options(encoder, comparisons, subset)),
            *("--data.test", self.rollouts("test"), "--data.test_preferences", self.held_out()),
            *("--ckpt_path", self.model(encoder, comparisons, subset) / "checkpoints" / "last.ckpt"),
        )

    def run(self) -> list[Json]:
        """Trains and tests what is left of the grid, and returns all accuracies."""
        rows = []
        for which in product(self.preset["encoders"], self.preset["comparisons"], range(self.preset["subsets"])):
            root = self.model(*which)
            if not fresh(root / "test.json", self.rollouts("test")):  # a grid that was cut off goes on
                if not fresh(root / "trained", self.rollouts("train")):
                    self.train(*which)
                self.test(*which)
            row = {"encoder": which[0], "side": self.side, "comparisons": which[1], "seed": which[2]}
            rows.append(row | accuracies(root))
            print(rows[-1], flush=True)
        return rows


def accuracies(root: Path) -> Json:
    """Returns the `accuracy` that a reward model was tested with, in percent; `between` and `within` categories too."""
    found = json.loads((root / "test.json").read_text())
    names = {"accuracy": "test/accuracy"} | {kind: f"test/accuracy/{kind}" for kind in SPLIT}
    return {kind: round(100 * found[name], 2) for kind, name in names.items() if name in found}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    for flag in ("preset", "home", "of", "side", "policy"):
        parser.add_argument(f"--{flag}", required=True)
    parser.add_argument("--only", type=int, help="only the model that aligns, trained on so many comparisons")
    parser.add_argument("--accelerator", help="other than as configured")
    given = parser.parse_args()
    settings = yaml.safe_load(Path(f"benchmarks/paper/presets/{given.preset}.yaml").read_text())
    grid = Grid(Path(given.home), given.of, given.side, given.policy, settings, given.accelerator)
    if given.only:
        grid.train("agent", given.only, 0)
    else:
        target = grid.root / "accuracy.json"
        target.with_suffix(".partial").write_text(json.dumps(grid.run(), indent=1) + "\n")
        target.with_suffix(".partial").replace(target)
