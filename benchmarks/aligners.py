"""Compares aligners at equal episodes: `python benchmarks/aligners.py --policy P --left R --right R --out FOLDER`.

Every cell is an algorithm, a side and a seed: a training of so many episodes of play, then fresh ones to judge it by.
Cells that are done are kept in FOLDER, and a training that was cut off resumes; so it runs in sittings (`--minutes`).
Settings are chosen on seeds below 100 (`--seeds 0 1`) and reported on others.
"""

import argparse
import csv
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from padzoo.core.atomic import atomic
from padzoo.core.provenance import origin

Option = str | int | float
BATCH: Final = 32  # episodes a batch of play
SMOOTH: Final = 160  # episodes over which success is averaged before it counts as reached
GOOD: Final = 0.9
ALGORITHMS: Final[dict[str, dict[str, Option]]] = {
    "reinforce": {"config": "reinforce", "model.lr": 1e-4},  # as in the paper
    "reinforce, leave one out": {
        "config": "reinforce",
        "model.baseline": "leave_one_out",
        "model.lr": 1e-3,
        "model.kl_weight": 4e-3,
    },
    "rloo, 4 of a start": {"config": "rloo", "data.group": 4, "model.lr": 1e-3, "model.kl_weight": 4e-3},
    "rloo, 8 of a start": {"config": "rloo", "data.group": 8, "model.lr": 1e-3, "model.kl_weight": 4e-3},
    "grpo, 8 of a start": {"config": "grpo", "data.group": 8, "model.lr": 1e-3, "model.epochs": 2},
    "ppo": {"config": "ppo", "model.lr": 1e-3, "model.epochs": 4},
    "rest": {"config": "rest", "data.batch_size": 192, "model.lr": 1e-3, "model.epochs": 4, "model.minibatches": 4},
}


@dataclass(frozen=True)
class Cell:
    """One training.

    Args:
        algorithm: Its name in `ALGORITHMS`.
        side: The pad that is wanted.
        seed: Its seed.
    """

    algorithm: str
    side: str
    seed: int

    @property
    def folder(self) -> str:
        """Its folder's name."""
        return f"{self.algorithm.replace(', ', '-').replace(' ', '_')}-{self.side}-{self.seed}"


@dataclass(frozen=True)
class Result:
    """What came of a training.

    Args:
        algorithm: The algorithm.
        side: The pad that was wanted.
        seed: The seed.
        curve: Share of a batch's episodes that reached it, batch by batch.
        batch: Episodes a batch.
        kl: Divergence from the start in the last batches, in nats an episode.
        seconds: How long it took.
        outcomes: Percentages of the fresh episodes, and their number.
    """

    algorithm: str
    side: str
    seed: int
    curve: list[float]
    batch: int
    kl: float
    seconds: float
    outcomes: dict[str, float]

    @property
    def episodes_until_good(self) -> int | None:
        """Episodes after which the smoothed success was at 90 % for the first time; None if it never was."""
        width = max(1, SMOOTH // self.batch)
        for last in range(width, len(self.curve) + 1):
            if statistics.fmean(self.curve[last - width : last]) >= GOOD:
                return last * self.batch
        return None


def padzoo(*words: object) -> None:
    """Runs a command."""
    subprocess.run([sys.executable, "-m", "padzoo", *map(str, words)], check=True, stdout=subprocess.DEVNULL)


def align(cell: Cell, given: argparse.Namespace) -> Result:
    """Trains one cell, or resumes it, and judges it.

    Args:
        cell: Which.
        given: The arguments of the script.
    """
    options = dict(ALGORITHMS[cell.algorithm])
    root: Path = given.out / cell.folder
    batch = int(options.setdefault("data.batch_size", BATCH))
    updates = int(options.get("model.epochs", 1)) * int(options.get("model.minibatches", 1))
    last, begun = root / "checkpoints" / "last.ckpt", time.monotonic()
    log = {"class_path": "lightning.pytorch.loggers.CSVLogger", "init_args": {"save_dir": str(root), "name": ""}}
    words = ["fit", "--config", f"experiment/{options.pop('config')}.yaml", "--model.policy", given.policy]
    words += ["--model.reward", getattr(given, cell.side), "--data.seed", cell.seed, "--model.seed", cell.seed]
    words += [word for name, value in options.items() for word in (f"--{name}", value)]
    words += ["--trainer.max_steps", given.episodes // batch * updates, "--trainer.logger", json.dumps(log)]
    words += ["--trainer.log_every_n_steps", 1, "--trainer.enable_progress_bar", "false"]
    words += ["--seed_everything", cell.seed, "--trainer.default_root_dir", root, "--game.options", given.options]
    padzoo(*words, *(["--ckpt_path", "last"] if last.exists() else []))
    seconds, judged = time.monotonic() - begun, root / "judged"
    fresh = ["--seed", 1000 + cell.seed, "--episodes", given.fresh, "--options", given.options]
    if not judged.exists():
        padzoo("rollout", "--policy", last, *fresh, "--out", judged)
    outcomes = json.loads((judged / "outcomes.json").read_text())
    curve, kl = column(root, f"train/{cell.side}"), column(root, "train/kl")
    return Result(*astuple(cell), curve, batch, statistics.fmean(kl[-5:]), round(seconds, 1), outcomes)


def astuple(cell: Cell) -> tuple[str, str, int]:
    """Returns a cell's own fields."""
    return cell.algorithm, cell.side, cell.seed


def column(root: Path, name: str) -> list[float]:
    """Reads what was logged under a name, of every sitting, in the order of the updates.

    Args:
        root: Folder of the training.
        name: The name.
    """
    found: dict[int, float] = {}
    for path in sorted(root.glob("version_*/metrics.csv"), key=lambda path: path.stat().st_mtime):
        with path.open() as file:
            found |= {int(row["step"]): float(row[name]) for row in csv.DictReader(file) if row.get(name)}
    return [found[step] for step in sorted(found)]


def table(results: Sequence[Result], episodes: int) -> Iterator[str]:
    """Yields the lines of the report.

    Args:
        results: What came of every training.
        episodes: Episodes of play of each.
    """
    sides = sorted({result.side for result in results})
    heads = ["side", "seeds", "success, median (range), %", "opposite pad, worst %", "episodes until 90 %, median"]
    yield f"| {' | '.join([f'{episodes:,} episodes of play', *heads, 'KL, nats', 'seconds'])} |"
    yield "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    for algorithm in ALGORITHMS:
        for side in sides:
            rows = [result for result in results if (result.algorithm, result.side) == (algorithm, side)]
            if not rows:
                continue
            success = sorted(row.outcomes[side] for row in rows)
            other = max(row.outcomes[name] for row in rows for name in sides if name != side)
            until = [row.episodes_until_good or float("inf") for row in rows]
            middle = statistics.median(until)
            reached = (
                f"{middle:,.0f}" if middle < float("inf") else f"not in {until.count(float('inf'))} of {len(rows)}"
            )
            yield (
                f"| {algorithm} | {side} | {len(rows)} | {statistics.median(success):.1f} ({success[0]:.1f} to "
                f"{success[-1]:.1f}) | {other:.1f} | {reached} | {statistics.median(row.kl for row in rows):.1f} | "
                f"{statistics.median(row.seconds for row in rows):.0f} |"
            )


def arguments() -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--policy", required=True, help="The policy that all start from.")
    parser.add_argument("--left", required=True, help="The reward model of the left pad.")
    parser.add_argument("--right", required=True, help="The reward model of the right pad.")
    parser.add_argument("--out", type=Path, required=True, help="Folder of the comparison.")
    parser.add_argument("--algorithms", nargs="*", default=list(ALGORITHMS), choices=list(ALGORITHMS))
    parser.add_argument("--sides", nargs="*", default=["left", "right"])
    parser.add_argument("--seeds", nargs="*", type=int, default=[100, 101, 102, 103, 104])
    parser.add_argument("--episodes", type=int, default=2000, help="Of play, each training.")
    parser.add_argument("--fresh", type=int, default=200, help="Episodes to judge by.")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="After which no other cell is begun.")
    parser.add_argument("--options", default='{"character": "ninja"}', help="Reset options of every episode, as JSON.")
    return parser.parse_args()


def main() -> None:
    """Runs what is missing, and prints the report of what is there."""
    given = arguments()
    given.out.mkdir(parents=True, exist_ok=True)
    deadline, results = time.monotonic() + 60 * given.minutes, []
    cells = [Cell(name, side, seed) for seed in given.seeds for name in given.algorithms for side in given.sides]
    for cell in cells:
        path = given.out / f"{cell.folder}.json"
        if not path.exists() and time.monotonic() < deadline:
            with atomic(path) as file:
                file.write_text(json.dumps(asdict(align(cell, given))))
        if path.exists():
            results.append(Result(**json.loads(path.read_text())))
    print(f"# Aligners at equal episodes\n\n{origin()}\n`{' '.join(['python', *sys.argv])}`\n")
    print("\n".join(table(results, given.episodes)))
    print(f"\n{len(results)} of {len(cells)} trainings are done.")


if __name__ == "__main__":
    main()
