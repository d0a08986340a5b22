"""Do reward models learn as well from all pairs of few trajectories as from sampled pairs?

`python benchmarks/reward_modes.py runs/demo`: with the rollouts, preferences and fine-tuned policy of a finished demo,
both modes get the same number of updates and of comparisons a batch (496: all pairs of 32 trajectories), for both sides
and three seeds; tested on all held-out pairs.
"""

import io
import json
import sys
import tempfile
import time
from contextlib import redirect_stdout
from itertools import product
from pathlib import Path
from statistics import mean

import torch

from padzoo.cli import main
from padzoo.core.provenance import origin

MODES = {"sampled": ["--data.batch_size", 496], "all_pairs": ["--data.batch_trajectories", 32]}
SIDES, SEEDS = ("left", "right"), (0, 1, 2)


def accuracy(run: Path, side: str, seed: int, mode: str, root: str) -> tuple[float, float]:
    """Trains and tests one reward model; returns its accuracy in percent and the seconds of its training."""
    home = run / "tiny-0"
    rollouts, preferences = home / "rollouts/sft", home / "preferences/sft" / side
    common = [
        *("--config", "configs/experiment/reward.yaml", "--config", "configs/stage/reward/demo.yaml"),
        *("--model.policy", home / "agents/sft.ckpt", "--model.feature_cache", home / "features/sft"),
        *("--data.mode", mode, *MODES[mode], "--seed_everything", seed, "--data.seed", seed),
        *("--data.train", rollouts / "train", "--data.train_preferences", preferences / "train-44850-0.jsonl"),
        *("--data.test", rollouts / "test", "--data.test_preferences", preferences / "test-44850-0.jsonl"),
        *("--trainer.default_root_dir", root, "--trainer.logger", "false", "--trainer.enable_progress_bar", "false"),
    ]
    start = time.perf_counter()
    with redirect_stdout(io.StringIO()):
        assert main([str(word) for word in ("fit", *common)]) == 0
        seconds = time.perf_counter() - start
        assert main([str(word) for word in ("test", *common, "--ckpt_path", f"{root}/checkpoints/last.ckpt")]) == 0
    return 100 * json.loads((Path(root) / "test.json").read_text())["test/accuracy"], seconds


def compare(run: Path) -> None:
    """Trains all and prints the table."""
    found = {}
    for mode, side, seed in product(MODES, SIDES, SEEDS):
        with tempfile.TemporaryDirectory() as root:
            found[mode, side, seed] = accuracy(run, side, seed, mode, root)
    print("| mode | side | accuracy of each seed, % | mean | seconds a training |\n| --- | --- | --- | --- | --- |")
    for mode, side in product(MODES, SIDES):
        values = [found[mode, side, seed] for seed in SEEDS]
        each = ", ".join(f"{value:.1f}" for value, _ in values)
        print(f"| {mode} | {side} | {each} | {mean(v for v, _ in values):.1f} | {mean(s for _, s in values):.1f} |")


if __name__ == "__main__":
    torch.set_num_threads(1)
    print(f"## Sampled pairs and all pairs\n\n{origin()}")
    print("`python benchmarks/reward_modes.py RUN`: one thread, 400 updates of 496 comparisons each\n")
    compare(Path(sys.argv[1]))
