"""Compares aligners at equal episodes of play: `python benchmarks/aligners.py --run RUN --out FOLDER` prints tables.

Every seed has agents and reward models of its own, those of the study in RUN (preset `tiny`): an algorithm brings the
fine-tuned agent, or the preference fine-tuned one, to the left pad and to the right one, and is judged by fresh
episodes. Each algorithm has as many settings to choose from; `--tune` chooses them on other seeds, by the success of
shorter trainings, into FOLDER/chosen.json. What was trained and played stays in FOLDER; the same command resumes.
"""

import argparse
import csv
import json
import shutil
import statistics
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from hashlib import sha256
from itertools import product
from math import comb
from pathlib import Path
from subprocess import CalledProcessError
from typing import Any, Final

import numpy as np
from algorithms import ALGORITHMS, BATCH, ROUND, SIDES, Cell, Result, Settings
from command import padzoo, workers
from matplotlib.figure import Figure
from scipy import stats

from padzoo.core.atomic import atomic
from padzoo.core.provenance import origin

UPDATES: Final = 150  # of DPO, a round
DIVERGED: Final = ": the loss is "  # how a training ends that went astray
BEST_OF: Final = 8
LARGEST: Final = 44850  # comparisons of the reward models: all pairs of 300 rollouts
LOOKS: Final = '{"look": ["meadow", "moor"]}'


@dataclass(frozen=True)
class Comparison:
    """Where everything is.

    Args:
        run: Folder of the study.
        out: Folder of the comparison.
        fresh: Episodes to judge by.
    """

    run: Path
    out: Path
    fresh: int

    def result(self, cell: Cell) -> Result:
        """Trains and judges, unless that was done."""
        path, root = self.out / f"{cell.name}.json", self.out / cell.name
        if not path.exists():
            result = self._made(cell, root)
            with atomic(path) as file:
                file.write_text(json.dumps(asdict(result)))
            for folder in (root / "judged", *root.glob("round-*/played")):
                shutil.rmtree(folder, ignore_errors=True)
        stored: dict[str, Any] = json.loads(path.read_text())
        found = Result(cell, **{name: value for name, value in stored.items() if name != "cell"})
        now = self._inputs(cell)
        if (now and found.inputs != now) or found.outcomes.get("episodes", self.fresh) != self.fresh:
            raise SystemExit(f"{path}: of another agent, reward model or --fresh; allowed: another --out")
        return found

    def _made(self, cell: Cell, root: Path) -> Result:
        begun = time.monotonic()
        try:
            policy, curve, batch, kl = self._train(cell, root)
        except CalledProcessError:
            if DIVERGED not in "".join(path.read_text() for path in root.rglob("fit.log")):
                raise
            policy, curve, batch, kl = None, [], BATCH, None
        seconds = round(time.monotonic() - begun, 1)
        if policy is None:
            return Result(cell, curve, batch, kl, seconds, {}, self._inputs(cell))
        chosen = ("--best_of", BEST_OF, "--reward", self._reward(cell))
        more = chosen if ALGORITHMS[cell.algorithm].config == "best_of" else ()
        outcomes = self._play(policy, root / "judged", self.fresh, 1000 + cell.seed, *more)
        return Result(cell, curve, batch, kl, seconds, outcomes, self._inputs(cell))

    def _inputs(self, cell: Cell) -> str | None:
        """Hashes what a training starts from; None if that is not here any more."""
        paths = (self._start(cell), self._reward(cell))
        if not all(path.exists() for path in paths):
            return None
        return sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()[:16]

    def _train(self, cell: Cell, root: Path) -> tuple[Path, list[float], int, float | None]:
        """Trains, or resumes; returns the policy, success by batch, episodes a batch, and the divergence."""
        config = ALGORITHMS[cell.algorithm].config
        if config == "best_of":
            return self._start(cell), [], BATCH, None
        if config != "dpo":
            return self._align(cell, root)
        if cell.algorithm == "dpo, on recordings":
            recordings = self._home(cell) / "rollouts" / "sft" / "train"
            preferences = self._home(cell) / "preferences" / "sft" / cell.side / f"train-{LARGEST}-0.jsonl"
            return self._prefer(cell, root, self._start(cell), recordings, preferences), [], ROUND, None
        policy, curve = self._start(cell), []
        for number in range(cell.episodes // ROUND):
            policy, success = self._round(cell, root / f"round-{number}", policy, 10_000 + 100 * cell.seed + number)
            curve.append(success)
        return policy, curve, ROUND, None

    def _align(self, cell: Cell, root: Path) -> tuple[Path, list[float], int, float | None]:
        algorithm = ALGORITHMS[cell.algorithm]
        options: Settings = {"data.batch_size": BATCH, **algorithm.fixed, **cell.settings}
        batch = int(options["data.batch_size"])
        updates = int(options.get("model.epochs", 1)) * int(options.get("model.minibatches", 1))
        words: list[object] = ["--config", f"experiment/{algorithm.config}.yaml", "--model.policy", self._start(cell)]
        words += ["--model.reward", self._reward(cell), "--model.games", BATCH, "--model.seed", cell.seed]
        words += ["--game.args", LOOKS, *(word for name, value in options.items() for word in (f"--{name}", value))]
        last = self._fit(cell, root, words, cell.episodes // batch * updates)
        curve, kl = column(root, f"train/{cell.side}"), column(root, "train/kl")
        return last, curve, batch, statistics.fmean(kl[-5:])

    def _round(self, cell: Cell, root: Path, policy: Path, seed: int) -> tuple[Path, float]:
        """Plays, has the reward model compare all pairs, and prefers; returns the policy and the success in play."""
        played, preferences = root / "played", root / "preferences.jsonl"
        found = self._play(policy, played, ROUND, seed)
        if not preferences.exists():
            pairs = comb(json.loads((played / "index.json").read_text())["samples"], 2)  # fewer if a game crashed
            how = ("--reward", self._reward(cell), "--comparisons", pairs, "--out", preferences)
            padzoo(preferences, "prefer", played, *how)
        return self._prefer(cell, root, policy, played, preferences), found[cell.side] / 100

    def _prefer(self, cell: Cell, root: Path, policy: Path, recordings: Path, preferences: Path) -> Path:
        """Trains by DPO; the policy is the reference too."""
        words: list[object] = ["--config", "experiment/dpo.yaml", "--model.policy", policy, "--data.train", recordings]
        words += ["--data.train_preferences", preferences, "--data.mode", "all_pairs", "--game.args", LOOKS]
        words += [word for name, value in cell.settings.items() for word in (f"--{name}", value)]
        return self._fit(cell, root, words, UPDATES)

    def _fit(self, cell: Cell, root: Path, words: list[object], updates: int) -> Path:
        last, done = root / "checkpoints" / "last.ckpt", root / "done"
        log = {"class_path": "lightning.pytorch.loggers.CSVLogger", "init_args": {"save_dir": str(root), "name": ""}}
        words += ["--data.seed", cell.seed, "--seed_everything", cell.seed, "--trainer.max_steps", updates]
        words += ["--trainer.logger", json.dumps(log), "--trainer.log_every_n_steps", 1]
        words += ["--trainer.limit_val_batches", 0, "--trainer.default_root_dir", root]
        if not done.exists():  # `last.ckpt` alone may be that of a training that was cut off
            padzoo(root / "fit", "fit", *words, *(("--ckpt_path", "last") if last.exists() else ()))
            done.touch()
        return last

    def _play(self, policy: Path, out: Path, episodes: int, seed: int, *more: object) -> dict[str, float]:
        """Plays, unless that was done; returns the outcomes in percent, and their number."""
        if not out.exists():
            words = ("--policy", policy, "--episodes", episodes, "--seed", seed, "--env_args", LOOKS, "--games", BATCH)
            padzoo(out, "rollout", *words, *more, "--out", out)
        found: dict[str, float] = json.loads((out / "outcomes.json").read_text())
        return found

    def _home(self, cell: Cell) -> Path:
        return self.run / f"tiny-{cell.seed}"

    def _reward(self, cell: Cell) -> Path:
        return self._home(cell) / "reward" / "sft" / cell.side / f"agent-{LARGEST}-0" / "checkpoints" / "last.ckpt"

    def _start(self, cell: Cell) -> Path:
        name = "sft" if cell.start == "sft" else f"prefft_{cell.side}_{LARGEST}"
        return self._home(cell) / "agents" / f"{name}.ckpt"


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


def choose(results: Iterable[Result]) -> dict[str, Settings]:
    """Returns each algorithm's settings of the highest mean success; prints what all came to."""
    found: dict[tuple[str, str], list[Result]] = {}
    for result in results:
        found.setdefault((result.cell.algorithm, json.dumps(result.cell.settings)), []).append(result)
    means = {key: statistics.fmean(result.success for result in rows) for key, rows in found.items()}
    print("| algorithm | settings | success, mean, % | least, % | trainings |\n| --- | --- | ---: | ---: | ---: |")
    for (name, settings), rows in found.items():
        least = min(result.success for result in rows)
        print(f"| {name} | `{settings}` | {means[name, settings]:.1f} | {least:.1f} | {len(rows)} |")
    names = dict.fromkeys(name for name, _ in found)
    return {name: json.loads(max((key for key in means if key[0] == name), key=means.__getitem__)[1]) for name in names}


def row(rows: list[Result], than: list[Result]) -> str:
    """Formats what came of an algorithm on a side.

    Args:
        rows: Its trainings, one a seed.
        than: Those that it is compared with, of the same seeds.
    """
    success = [result.success for result in rows]
    until = statistics.median(result.until_good for result in rows)
    kl = [result.kl for result in rows if result.kl is not None]
    more = [result.success - other.success for result, other in zip(rows, than, strict=True)]
    low, high = stats.ttest_1samp(more, 0).confidence_interval() if any(more) else (0.0, 0.0)
    cells = (
        f"**{statistics.median(success):.1f}** ({min(success):.1f} to {max(success):.1f})",
        f"{statistics.fmean(more):+.1f} ({low:+.1f} to {high:+.1f})",
        f"{max(result.opposite for result in rows):.1f}",
        f"{until:,.0f}" if until < float("inf") else "not reached",
        f"{statistics.median(kl):.1f}" if kl else "",
        f"{statistics.median(result.seconds for result in rows):,.0f}",
    )
    return " | ".join(cells)


HEADS: Final = (
    "success: median of seeds (range), %",
    "less the first row's, mean by seeds (95 % t)",
    "opposite pad, worst seed, %",
    "episodes until 90 %, median",
    "KL, nats",
    "seconds",
)


def report(found: dict[tuple[str, str, str], list[Result]]) -> Iterator[str]:
    """Yields the lines of the tables.

    Args:
        found: Trainings by start, side and algorithm, a list of one a seed.
    """
    for start, side in dict.fromkeys(key[:2] for key in found):
        algorithms = {key[2]: rows for key, rows in found.items() if key[:2] == (start, side)}
        first = next(iter(algorithms.values()))
        yield f"\n## From `{start}` to the {side} pad\n\n| algorithm | {' | '.join(HEADS)} |"
        yield f"| --- | {' | '.join(['---:'] * len(HEADS))} |"
        yield from (f"| {name} | {row(rows, first)} |" for name, rows in algorithms.items())


def draw(path: Path, found: dict[tuple[str, str, str], list[Result]]) -> None:
    """Draws smoothed success against episodes: the mean over seeds."""
    places = list(dict.fromkeys(key[:2] for key in found))
    names = list(dict.fromkeys(key[2] for key in found if found[key][0].curve))
    if not names:
        return
    figure = Figure(figsize=(6 * len(places), 4), layout="constrained")
    for axes, (start, side) in zip(np.atleast_1d(figure.subplots(1, len(places), sharey=True)), places, strict=True):
        for at, name in enumerate(names):
            trained = [result for result in found.get((start, side, name), []) if result.curve]
            if trained:
                curves, batch = np.array([100 * np.array(result.smooth) for result in trained]), trained[0].batch
                ends = batch * (max(1, ROUND // batch) + np.arange(curves.shape[1]))
                axes.plot(ends, curves.mean(axis=0), color=f"C{at}", label=name)
        axes.set(xlabel="episodes of play", title=f"from {start} to the {side} pad", ylim=(0, 100))
        axes.grid(alpha=0.3)
    figure.axes[0].set_ylabel("episodes that reach the pad, %")
    figure.axes[-1].legend()
    figure.savefig(path, dpi=120)


def arguments() -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, required=True, help="Folder of a study of preset tiny.")
    parser.add_argument("--out", type=Path, required=True, help="Folder of the comparison.")
    parser.add_argument("--tune", action="store_true", help="Choose the settings.")
    parser.add_argument("--algorithms", nargs="*", default=list(ALGORITHMS), choices=list(ALGORITHMS))
    parser.add_argument("--starts", nargs="*", default=["sft"], choices=["sft", "prefft"])
    parser.add_argument("--seeds", nargs="*", type=int, default=[0, 1, 2, 3, 4])
    parser.add_argument("--episodes", type=int, default=1920, help="Of play, each training.")
    parser.add_argument("--fresh", type=int, default=400, help="Episodes to judge by.")
    parser.add_argument("--jobs", type=int, default=2, help="Trainings at once.")
    return parser.parse_args()


def settings(name: str, tuning: bool, chosen: dict[str, Settings]) -> list[Settings]:
    """Returns what an algorithm is trained with: all that it is tried with, or what was chosen."""
    algorithm = ALGORITHMS[name]
    if tuning:
        return [] if algorithm.like or not algorithm.tried else algorithm.settings()
    if (wanted := algorithm.like or name) in chosen or not ALGORITHMS[wanted].tried:
        return [chosen.get(wanted, {})]
    raise SystemExit(f"chosen.json: no settings of {wanted!r}; --tune chooses them")


def trained(comparison: Comparison, cells: list[Cell], jobs: int) -> list[Result]:
    """Runs what is missing; one that fails does not keep the others from being trained."""
    with workers(jobs) as pool:
        futures = [pool.submit(comparison.result, cell) for cell in cells]
    for cell, future in zip(cells, futures, strict=True):
        if error := future.exception():
            print(f"{cell.name}: {error}", file=sys.stderr)
    return [future.result() for future in futures]


def main() -> None:
    """Runs what is missing, and prints the report."""
    given = arguments()
    if given.episodes % ROUND:
        raise SystemExit(f"--episodes {given.episodes}: allowed: a multiple of {ROUND}, so that all play as many")
    given.out.mkdir(parents=True, exist_ok=True)
    path = given.out / "chosen.json"
    choice: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {"seeds": [], "settings": {}}
    if not given.tune and (both := set(choice["seeds"]) & set(given.seeds)):
        raise SystemExit(f"--seeds {sorted(both)}: settings were chosen on them; allowed: others")
    order = product(given.seeds, given.starts, SIDES, given.algorithms)
    cells = [
        Cell(name, start, side, seed, each, given.episodes)
        for seed, start, side, name in order
        for each in settings(name, given.tune, choice["settings"])
    ]
    results = trained(Comparison(given.run, given.out, given.fresh), cells, given.jobs)
    print(f"# Aligners at equal episodes\n\n{origin()}\n")
    if given.tune:
        choice["settings"] |= choose(results)
        choice["seeds"] = sorted({*choice["seeds"], *given.seeds})
        with atomic(path) as file:
            file.write_text(json.dumps(choice, indent=1) + "\n")
        return
    found: dict[tuple[str, str, str], list[Result]] = {}
    for result in results:
        found.setdefault((result.cell.start, result.cell.side, result.cell.algorithm), []).append(result)
    print(f"{given.episodes:,} episodes of play, {given.fresh} fresh ones to judge by, seeds {given.seeds}. Best of n")
    print(f"plays {BEST_OF} times as many of these. Differences are not corrected for their number.")
    print(f"Settings, chosen on seeds {choice['seeds']}: `{json.dumps(choice['settings'])}`.")
    print("\n".join(report(found)))
    draw(given.out / "aligners.png", found)


if __name__ == "__main__":
    main()
