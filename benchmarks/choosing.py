"""Which pairs to compare: `python benchmarks/choosing.py` prints reward accuracy against comparisons for each choice.

The choices are those of `padzoo prefer`: all pairs of few trajectories, as in the paper; random pairs of all; and the
pairs on which an ensemble disagrees most. The criterion `left` compares rollouts of the zoo's fine-tuned agent without
error. Reward models are trained and tested as in `benchmarks/rankings.py`, with as many updates for every number.
"""

import argparse
import tempfile
from itertools import product
from pathlib import Path
from typing import Final

import torch
from rankings import POLICY, T_95, Rollouts, text

from padzoo.cli import main
from padzoo.core.provenance import origin
from padzoo.datamodules.judges.judge import compare
from padzoo.datamodules.judges.judgement import Judgement
from padzoo.datamodules.judges.pairs import choose_pairs
from padzoo.datamodules.judges.uncertain_pairs import compare_uncertain
from padzoo.datamodules.sets.shard_set import ShardSet
from padzoo.datamodules.sets.writer import ShardWriter

COMPARISONS: Final = (45, 105, 210, 406)
CHOICES: Final = ("all pairs of few", "random", "disagreement")


def judgements(trajectories: ShardSet, choice: str, count: int, seed: int) -> list[Judgement]:
    """Has so many pairs compared."""
    if choice == "disagreement":
        return compare_uncertain(trajectories, count, "left", seed=seed)
    pairs = choose_pairs(len(trajectories), count, seed, "random" if choice == "random" else "all")
    return compare(trajectories, pairs, "left")


def run(folder: Path, scratch: Path, seeds: int) -> None:
    """Prints the table."""
    rollouts = Rollouts(folder)
    with ShardWriter(scratch / "half", source={"half": "first"}) as writer:
        for row in range(rollouts.half):
            writer.write(rollouts.set.record(row))
    half = ShardSet(scratch / "half")
    print("| comparisons | choice | without ties | accuracy, % |\n| --- | --- | --- | --- |")
    for count, choice in product(COMPARISONS, CHOICES):
        accuracies, decided = [], 0
        for seed in range(seeds):
            judged = judgements(half, choice, count, seed)
            accuracies.append(rollouts.accuracy(judged, "pairs", seed))
            decided += sum(not tie for each in judged for _, _, tie in each.pairs)
        print(f"| {count} | {choice} | {decided / seeds:.0f} | {text(accuracies)} |", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=6, choices=sorted(T_95))
    given = parser.parse_args()
    torch.set_num_threads(1)
    print(f"# Which pairs to compare\n\n{origin()}")
    print(f"`python benchmarks/choosing.py --seeds {given.seeds}`: rollouts of `{POLICY}`, half of them held out;")
    print("mean and 95 % interval over seeds, Student's t\n")
    with tempfile.TemporaryDirectory() as name:
        recorded = ["rollout", "--policy", POLICY, "--episodes", "400", "--seed", "5", "--out", f"{name}/rollouts"]
        assert main(recorded) == 0
        run(Path(name) / "rollouts", Path(name), given.seeds)
