"""Plays the zoo's policies again and compares with their cards: `python benchmarks/zoo_rates.py` prints a table.

Every installed policy plays episodes of another seed than its card. A chi-squared test of two
samples, its p-value by 9,999 random tables, says whether both could come from one distribution of outcomes.
"""

import argparse
import json
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
from scipy.stats import MonteCarloMethod, chi2_contingency

from padzoo.cli import main
from padzoo.core.provenance import origin
from padzoo.datamodules.sets.shard_set import ShardSet
from padzoo.zoo.hub.card import Result
from padzoo.zoo.hub.index import catalog, find


def compare(card: dict[str, int], found: Counter[str], seed: int) -> float:
    """Returns the p-value of both samples being of one distribution."""
    table = np.array([[count, found[outcome]] for outcome, count in card.items() if count + found[outcome]])
    rng = np.random.default_rng(seed)
    return (
        float(chi2_contingency(table, correction=False, method=MonteCarloMethod(rng=rng)).pvalue)
        if len(table) > 1
        else 1.0
    )


def row(name: str, result: Result, episodes: int, seed: int) -> str:
    """Plays with one policy as a result of its card was measured, and returns its line of the table."""
    how = {flag: json.dumps(result.measured.get(flag) or {}) for flag in ("env_args", "options")}
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "played"
        options = ["--policy", name, "--episodes", str(episodes), "--seed", str(seed), "--out", str(out)]
        options += [word for flag, value in how.items() for word in (f"--{flag}", value)]
        if main(["rollout", *options]):
            raise SystemExit(f"{name}: the rollout failed")
        found = Counter(trajectory.meta["outcome"] for trajectory in ShardSet(out))
    counts = {outcome: rate.count for outcome, rate in result.rates.items()}
    cells = [
        f"{100 * count / result.trials:.1f} / {100 * found[outcome] / episodes:.1f}"
        for outcome, count in counts.items()
    ]
    return f"| `{name}`, {result.what} | {' | '.join(cells)} | {compare(counts, found, seed):.3f} |"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--episodes", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1000)
    given = parser.parse_args()
    policies = [name for name, item in catalog().items() if item.embedded and name.startswith("policy")]
    measured = [(name, result) for name in policies for result in find(name).card().results]
    rows = [row(*each, given.episodes, given.seed) for each in measured]
    print(f"# Cards and new episodes\n\n{origin()} {given.episodes} episodes each, seed {given.seed}.\n")
    print("Percent on the card / played now.\n\n| policy | none | left | middle | right | p |")
    print("| --- | --- | --- | --- | --- | --- |")
    print("\n".join(rows))
