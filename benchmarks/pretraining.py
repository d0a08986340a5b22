"""What pre-training is worth in curated runs: `python benchmarks/pretraining.py --out FOLDER` prints tables.

Agents of size `tiny` learn from 10 to 300 curated runs: from scratch, or from a policy pre-trained on whole matches of
the population, or from one pre-trained on as many frames of narrow runs (the control: is it breadth that helps?). All
play the same episodes from the spawn: as it is, turned, and with the camera turned away on the way. From two curves of
failure against runs follows the multiplier: how many times as many runs an agent from scratch needs to fail as seldom
("effective data transferred", Hernandez et al. 2021, https://arxiv.org/abs/2102.01293). From scratch they learn for as
many updates, and for ten times as many: is it the data that pre-training saves, or the training?

What was recorded, trained and played stays in FOLDER; the same command resumes, in sittings.
"""

import argparse
import json
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from threading import Lock
from typing import Final

import numpy as np
from command import padzoo, workers
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy import stats

from padzoo.core.provenance import origin
from padzoo.core.wilson import wilson

MATCHES: Final = 1800  # of 300 steps each
NARROW: Final = 9000  # runs of about 60 steps: as many frames
START: Final = {
    "broad": "pre-trained on matches",
    "narrow": "pre-trained on runs",
    "scratch": "from scratch",
    "longer": "from scratch, ten times the updates",
}
PRETRAINED: Final = ("broad", "narrow")
FRESH: Final = ("scratch", "longer")
CONDITIONS: Final = ("spawn", "turned", "nudged")
LOOKS: Final = '{"look": ["meadow", "moor"]}'  # of all but the curated runs, which show the first
MULTIPLIERS: Final = """How many times as many runs an agent needs that is not pre-trained, to fail as seldom: from the
means over seeds, with a 95 % bootstrap interval over seeds and episodes, then of each seed alone. Of few seeds such an
interval is too narrow: that of a mean of three holds the truth in about 72 % of cases, not 95."""
DRAWS: Final = 2000  # of the bootstrap

making: defaultdict[Path, Lock] = defaultdict(Lock)  # two agents may want the same data or the same start at once


@dataclass(frozen=True)
class Study:
    """What is trained, and where.

    Args:
        folder: Where everything stays.
        episodes: Played by every agent in every condition.
        base_updates: Of pre-training.
        updates: On curated runs.
        trunk: Of the policies.
        starts: Keys of `START`: what the agents learn from before the curated runs.
        runs: Numbers of curated runs, rising.
    """

    folder: Path
    episodes: int
    base_updates: int
    updates: int
    trunk: str
    starts: Sequence[str]
    runs: Sequence[int]

    def demos(self, kind: str, seed: int, runs: int = 0) -> Path:
        """Records a set, unless it is there.

        Args:
            kind: `broad`, `narrow` or `curated`.
            seed: Its seed.
            runs: How many curated runs.
        """
        out = self.folder / "data" / f"{kind}{runs or ''}-{seed}"
        which: dict[str, tuple[object, ...]] = {
            "broad": ("population", "--length", 300, "--episodes", MATCHES, "--env_args", LOOKS),
            "narrow": ("runners", "--episodes", NARROW, "--env_args", LOOKS),
            "curated": ("curated", "--episodes", runs, "--env_args", '{"look": "meadow"}'),
        }
        with making[out]:
            if not out.exists():
                padzoo(out, "demos", "--player", *which[kind], "--size", 64, "--games", 4, "--seed", seed, "--out", out)
        return out

    def base(self, kind: str, seed: int) -> Path:
        """Pre-trains, unless that was done."""
        return self._fit(f"base-{kind}-{seed}", self.demos(kind, seed), seed, 1e-3, self.base_updates)

    def agent(self, kind: str, runs: int, seed: int) -> Path:
        """Trains on curated runs, unless that was done; on none, it is the pre-trained policy."""
        if not runs:
            return self.base(kind, seed)
        start = () if kind in FRESH else ("--model.init_from", self.base(kind, seed))
        updates = 10 * self.updates if kind == "longer" else self.updates
        return self._fit(f"{kind}-{runs}-{seed}", self.demos("curated", seed, runs), seed, 3e-4, updates, *start)

    def failures(self, agent: tuple[str, int, int]) -> list[int]:
        """Returns how many episodes of an agent reach no pad in each condition; it plays them unless it has.

        Args:
            agent: Its kind, curated runs and seed.
        """
        policy, failed = self.agent(*agent), []
        for condition in CONDITIONS:
            out, options = policy.parents[1] / condition, json.dumps({"condition": condition})
            if not out.exists():
                play = ("--episodes", self.episodes, "--seed", 1000 + agent[2], "--env_args", LOOKS, "--games", 32)
                padzoo(out, "rollout", "--policy", policy, *play, "--options", options, "--out", out)
            found: dict[str, float] = json.loads((out / "outcomes.json").read_text())
            failed.append(round(found["none"] * found["episodes"] / 100))
        return failed

    def _fit(self, name: str, data: Path, seed: int, lr: float, updates: int, *more: object) -> Path:
        home = self.folder / name
        last, done = home / "checkpoints" / "last.ckpt", home / "done"
        words = ("--config", "experiment/policy.yaml", "--model.size", "tiny", "--model.trunk", self.trunk, *more)
        words += ("--model.lr", lr, "--model.warmup_steps", 50, "--model.decay", "true", "--data.batch_size", 16)
        words += ("--data.train", data, "--data.seed", seed, "--seed_everything", seed, "--data.cache", "true")
        words += ("--trainer.max_steps", updates, "--trainer.limit_val_batches", 0, "--trainer.default_root_dir", home)
        with making[home]:
            if not done.exists():  # `last.ckpt` alone may be that of a training that was cut off
                resumes = ("--ckpt_path", "last") if last.exists() else ()
                padzoo(home / "fit", "fit", *words, *resumes)
                done.touch()
        return last


Rates = dict[tuple[str, str], NDArray[np.float64]]  # by start and condition: failures, (runs, seeds)


def multiplier(
    runs: Sequence[int], pretrained: NDArray[np.float64], scratch: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Returns how many times as many runs from scratch give the same failure rate; infinite beyond the curve.

    Args:
        runs: Numbers of curated runs, rising.
        pretrained: Failure rates by number of runs, `(runs,)`.
        scratch: The same from scratch; taken as falling, and as straight lines over the logarithm of the runs.

    Returns:
        A factor for each number of runs, `(runs,)`.
    """
    logs = np.log(np.array(runs, dtype=np.float64))
    falling = np.minimum.accumulate(scratch)
    needed = np.interp(pretrained[::-1], falling[::-1], logs[::-1])[::-1]
    factors = np.exp(needed - logs)
    factors[pretrained < falling[-1]] = np.inf
    factors[pretrained > falling[0]] = runs[0] / np.array(runs)[pretrained > falling[0]]
    return factors


def bootstrap(
    runs: Sequence[int], pretrained: NDArray[np.float64], scratch: NDArray[np.float64], episodes: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Returns multipliers and their intervals: seeds are drawn anew, then their episodes.

    Args:
        runs: Numbers of curated runs, rising.
        pretrained: Failures by number of runs and seed, `(runs, seeds)`.
        scratch: The same from scratch.
        episodes: Of each seed.

    Returns:
        Multipliers, `(runs,)`, and their 95 % intervals, `(runs, 2)`.
    """
    both = [pretrained, scratch]
    seeds, rng = both[0].shape[1], np.random.default_rng(0)
    drawn = []
    for _ in range(DRAWS):
        chosen = rng.integers(0, seeds, seeds)
        rates = [rng.binomial(episodes, side[:, chosen] / episodes).mean(axis=1) / episodes for side in both]
        drawn.append(multiplier(runs, *rates))
    middle = multiplier(runs, *(side.mean(axis=1) / episodes for side in both))
    return middle, np.quantile(np.array(drawn), [0.025, 0.975], axis=0, method="nearest").T


def cell(failures: Sequence[float], episodes: int) -> str:
    """Formats a rate with its 95 % interval, Wilson's or if wider Student's t over the seeds; and each seed's."""
    rates, total = np.array(failures) / episodes, episodes * len(failures)
    low, high = wilson(round(sum(failures)), total)
    if len(set(failures)) > 1:
        ends = stats.ttest_1samp(rates, 0).confidence_interval()
        low, high = max(0.0, min(low, ends.low)), min(1.0, max(high, ends.high))
    seeds = ", ".join(f"{100 * rate:.1f}" for rate in rates)
    return f"**{100 * rates.mean():.1f}** ({100 * low:.1f} to {100 * high:.1f}; {seeds})"


def report(study: Study, counts: Rates, bases: Rates) -> None:
    """Prints the tables."""
    pairs = [pair for pair in product(PRETRAINED, FRESH) if set(pair) <= set(study.starts)]
    for condition in CONDITIONS:
        print(f"\n## Condition `{condition}`\n\nFailures in percent: all seeds with a 95 % interval, then each seed.\n")
        head("curated runs", [START[kind] for kind in study.starts])
        none = [cell(bases[kind, condition][0], study.episodes) if kind in PRETRAINED else "" for kind in study.starts]
        print(f"| 0 | {' | '.join(none)} |")
        for row, runs in enumerate(study.runs):
            cells = [cell(counts[kind, condition][row], study.episodes) for kind in study.starts]
            print(f"| {runs} | {' | '.join(cells)} |")
        if pairs and len(study.runs) > 1:
            print(f"\n{MULTIPLIERS}\n")
            head("curated runs", [f"multiplier: {START[kind]}, against {START[fresh]}" for kind, fresh in pairs])
            columns = [compared(study, counts[kind, condition], counts[fresh, condition]) for kind, fresh in pairs]
            for runs, rows in zip(study.runs, zip(*columns, strict=True), strict=True):
                print(f"| {runs} | {' | '.join(rows)} |")


def compared(study: Study, pretrained: NDArray[np.float64], scratch: NDArray[np.float64]) -> list[str]:
    """Formats the multipliers of two curves, failures `(runs, seeds)` each, one a number of runs."""
    middle, ends = bootstrap(study.runs, pretrained, scratch, study.episodes)
    seeds = np.array([multiplier(study.runs, *both) for both in zip(pretrained.T, scratch.T, strict=True)])
    cells = []
    for row, of in enumerate(study.runs):
        said, low, high, *each = (times(study.runs, m, of) for m in (middle[row], *ends[row], *seeds[:, row]))
        cells.append(f"{said} ({low} to {high}; {', '.join(each)})")
    return cells


def head(first: str, others: Sequence[str]) -> None:
    """Prints the head of a table."""
    print(f"| {' | '.join((first, *others))} |\n{'| --- ' * (1 + len(others))}|")


def times(runs: Sequence[int], factor: float, of: int) -> str:
    """Formats a multiplier; beyond the curve's ends there is only a bound.

    Args:
        runs: Numbers of curated runs, rising.
        factor: The multiplier.
        of: The number of runs that it multiplies.
    """
    if math.isinf(factor):
        return f"over {runs[-1] / of:.3g}"
    return f"{factor:.2g}" if factor > runs[0] / of else f"at most {runs[0] / of:.2g}"


def draw(path: Path, study: Study, counts: Rates) -> None:
    """Draws the curves."""
    colours = dict(zip(START, ("#0072b2", "#e69f00", "#555555", "#cc79a7"), strict=True))
    figure = Figure(figsize=(12, 3.6), layout="constrained")
    for axes, condition in zip(figure.subplots(1, len(CONDITIONS), sharey=True), CONDITIONS, strict=True):
        for kind in study.starts:
            rates = 100 * counts[kind, condition] / study.episodes
            axes.plot(study.runs, rates.mean(axis=1), "o-", color=colours[kind], label=START[kind])
            axes.plot(study.runs, rates, ".", color=colours[kind], alpha=0.35)
        axes.set(xscale="log", xticks=study.runs, xlabel="curated runs", title=f"condition: {condition}", ylim=(0, 100))
        axes.set_xticks(study.runs, [str(runs) for runs in study.runs])
        axes.minorticks_off()
        axes.grid(alpha=0.3)
    figure.axes[0].set_ylabel("episodes that reach no pad, %")
    figure.axes[-1].legend()
    figure.savefig(path, dpi=120)


def keep_settings(given: argparse.Namespace) -> None:
    """Writes what the folder's agents are trained with beside them, and refuses to resume with anything else."""
    ours = {"matches": MATCHES, "narrow": NARROW, "episodes": given.episodes, "base_updates": given.base_updates}
    ours |= {"updates": given.updates, "trunk": given.trunk}
    path = given.out / "settings.json"
    if path.exists() and (found := json.loads(path.read_text())) != ours:
        raise SystemExit(f"--out {given.out}: was begun with {found}; these are {ours}")
    given.out.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(ours) + "\n")


def order(agent: tuple[str, int, int]) -> tuple[bool, int, int]:
    """Says when an agent's turn is: after every pre-training, unless it needs none, so that no job waits for one."""
    kind, runs, _ = agent
    return bool(runs) and kind not in FRESH, ("broad", "scratch", "narrow", "longer").index(kind), -runs


def arguments() -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--starts", nargs="+", default=list(START), choices=list(START))
    parser.add_argument("--runs", type=int, nargs="+", default=[10, 30, 100, 300], help="curated runs")
    parser.add_argument("--episodes", type=int, default=400)
    parser.add_argument("--base_updates", type=int, default=6000)
    parser.add_argument("--updates", type=int, default=150)
    parser.add_argument("--trunk", default="gpt2")
    parser.add_argument("--jobs", type=int, default=2, help="trainings at once")
    return parser.parse_args()


def main() -> None:
    """Runs the study."""
    given = arguments()
    given.runs = sorted(set(given.runs))
    keep_settings(given)
    options = (given.episodes, given.base_updates, given.updates, given.trunk, given.starts, given.runs)
    study = Study(given.out, *options)
    each = product(study.starts, (0, *study.runs), given.seeds)
    agents = sorted((agent for agent in each if agent[1] or agent[0] in PRETRAINED), key=order)
    with workers(given.jobs) as pool:
        found = dict(zip(agents, pool.map(study.failures, agents), strict=True))

    def grids(kinds: Iterable[str], runs: Sequence[int]) -> Rates:
        return {
            (kind, name): np.array([[found[kind, n, seed][at] for seed in given.seeds] for n in runs], dtype=np.float64)
            for kind in kinds
            for at, name in enumerate(CONDITIONS)
        }

    print(f"# What pre-training is worth\n\n{origin()}")
    words = f"--seeds {' '.join(map(str, given.seeds))} --starts {' '.join(study.starts)}"
    words += f" --runs {' '.join(map(str, study.runs))} --episodes {study.episodes}"
    words += f" --base_updates {study.base_updates} --updates {study.updates} --trunk {study.trunk}"
    print(f"`python benchmarks/pretraining.py {words} --out FOLDER`")
    report(study, grids(study.starts, study.runs), grids((k for k in study.starts if k in PRETRAINED), [0]))
    draw(given.out / "pretraining.png", study, grids(study.starts, study.runs))


if __name__ == "__main__":
    main()
