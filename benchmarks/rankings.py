"""What ranking several clips at once is worth: `python benchmarks/rankings.py` prints tables.

Simulated labellers rank rollouts of the zoo's fine-tuned agent, N at a time, as `padzoo label` chooses them. They want
the left pad, err in a share of the comparisons that they make in their heads (an insertion sort), and tie runs of one
outcome whose lengths differ by at most 3 steps. A reward model is trained on each labelling and tested on all pairs of
other rollouts, on principal components of the agent's features that are averaged over 5 steps to save time. Amounts are
of clips watched, which is what labelling costs: 5 at a time give 10 comparisons for 5 clips, 2 at a time give 1 for 2,
a fourth of that for each clip (Appendix J). All conditions have the same seeds, and are compared seed by seed.
"""

import argparse
import tempfile
from collections.abc import Sequence
from functools import cache
from itertools import combinations, product
from math import sqrt
from pathlib import Path
from statistics import mean, stdev
from typing import Any, Final, NamedTuple

import numpy as np
import torch
from torch import Tensor

from padzoo.cli import main
from padzoo.core.provenance import origin
from padzoo.core.trajectory import TrajectorySummary
from padzoo.datamodules.judges.criterion import left
from padzoo.datamodules.judges.judgement import Judgement
from padzoo.datamodules.sets.shard_set import ShardSet
from padzoo.labelling.choice import Choice
from padzoo.labelling.disagreement import Disagreement
from padzoo.zoo import hub
from padzoo.zoo.learn.bradley_terry import bradley_terry_loss, plackett_luce_loss
from padzoo.zoo.nets.agent_features import AgentFeatures
from padzoo.zoo.nets.reward import RewardNet
from padzoo.zoo.nets.trajectory_reward import TrajectoryReward

POLICY: Final = "policy_tiny.sft"
COMPONENTS, POOLED, UPDATES, RATE = 32, 5, 150, 5e-3
CLOSE: Final = 3  # steps by which lengths differ that are a tie
WAYS, WATCHED, ERRORS = (2, 3, 4, 5), (40, 160), (0.0, 0.1, 0.2)
CONDITION: Final = "| N | clips watched | error, % | choice | learnt as |"
T_95: Final = {2: 12.71, 3: 4.30, 4: 3.18, 5: 2.78, 6: 2.57, 8: 2.36, 10: 2.26}  # Student's t by number of seeds


class Labeller:
    """Ranks clips by what is known of them, with errors and ties.

    Args:
        known: The trajectories by key.
        error: Share of comparisons that come out wrong.
        seed: Seed of the errors.
    """

    def __init__(self, known: dict[str, TrajectorySummary], error: float, seed: int) -> None:
        self._known = known
        self._error = error
        self._rng = np.random.default_rng((seed, 1))

    def ranks(self, clips: Sequence[str]) -> list[int]:
        """Returns the rank of each clip, from 1: groups, into which clips are sorted one after another."""
        groups: list[list[str]] = []
        for clip in clips:
            for place, group in enumerate(groups):
                verdict = self._compare(clip, group[0])
                if verdict == 0:
                    group.append(clip)
                    break
                if verdict > 0:
                    groups.insert(place, [clip])
                    break
            else:
                groups.append([clip])
        return [1 + next(rank for rank, group in enumerate(groups) if clip in group) for clip in clips]

    def _compare(self, one: str, other: str) -> int:
        (first, length), (second, other_length) = (left(self._known[key]) for key in (one, other))
        verdict = int(first > second) - int(first < second)
        if verdict == 0 and abs(length - other_length) > CLOSE:
            verdict = 1 if length > other_length else -1  # lengths are negative: the shorter one is better
        return -verdict if self._rng.random() < self._error else verdict


def label(choice: Choice, labeller: Labeller, ways: int, watched: int) -> list[Judgement]:
    """Labels rounds until so many clips are watched."""
    found: list[Judgement] = []
    for number in range(watched // ways):
        clips = choice.next("anybody", found)
        assert clips is not None
        found.append(Judgement(str(number), clips, "ranked", labeller.ranks(clips), "anybody", "", 0.0))
    return found


class Rollouts:
    """Rollouts with their features; the first half is labelled, the second is held out.

    Args:
        folder: Folder of the rollouts.
    """

    def __init__(self, folder: Path) -> None:
        self.set = ShardSet(folder)
        summaries = list(self.set.summaries())
        self.half = len(summaries) // 2
        self.keys = [each.key for each in summaries[: self.half]]
        self.known = {each.key: each for each in summaries}
        self.net = RewardNet(AgentFeatures(hub.load(POLICY, "policy")), components=COMPONENTS)
        assert self.net.components is not None
        with torch.no_grad():
            features = torch.stack([self.net.features(each.frames) for each in self.set])
            self.net.components.fit(features[: self.half])
            reduced = self.net.reduce(features)  # (M, 100, components)
            self.reduced = reduced.view(len(reduced), -1, POOLED, COMPONENTS).mean(2)  # (M, 20, components)
        self.disagreement = Disagreement(self.set)
        ranks = [left(each) for each in summaries[self.half :]]
        pairs = [(i, j) for i, j in combinations(range(len(ranks)), 2) if ranks[i] != ranks[j]]
        better = [(i, j) if ranks[i] > ranks[j] else (j, i) for i, j in pairs]
        self.held_out = torch.tensor(better) + self.half  # (P, 2)

    def accuracy(self, judgements: Sequence[Judgement], rankings: str, seed: int) -> float:
        """Trains a reward model and returns the percentage of held-out pairs that it orders rightly.

        Args:
            judgements: What it learns from.
            rankings: `pairs` or `plackett_luce`.
            seed: Of its first weights.
        """
        rows = self.set.rows
        said = [  # winner, loser, and the stage of the ranking that this is a part of
            (rows[one], rows[other], number * len(rows) + rows[one])
            for number, each in enumerate(judgements)
            for one, other, tie in each.pairs
            if not tie
        ]
        winners, losers, stages = torch.tensor(said).T
        torch.manual_seed(seed)
        head = TrajectoryReward(COMPONENTS, self.reduced.shape[1])
        optimizer = torch.optim.AdamW(head.parameters(), lr=RATE, weight_decay=0.1, fused=True)
        used, places = torch.unique(torch.stack([winners, losers]), return_inverse=True)
        for _ in range(UPDATES):
            scores: Tensor = head(self.reduced[used])
            won, lost = scores[places[0]], scores[places[1]]
            loss = bradley_terry_loss(won, lost) if rankings == "pairs" else plackett_luce_loss(won, lost, stages)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        with torch.no_grad():
            scores = head(self.reduced)
        return 100 * float((scores[self.held_out[:, 0]] > scores[self.held_out[:, 1]]).float().mean())


class Condition(NamedTuple):
    """How clips are labelled and learnt from."""

    ways: int
    watched: int
    error: float
    choose: str = "random"
    rankings: str = "pairs"


@cache
def measure(rollouts: Rollouts, condition: Condition, seeds: int) -> tuple[list[float], float, float]:
    """Returns the accuracy with each seed, and the mean comparisons and their mean share that is wrong."""
    accuracies, counts, wrong = [], [], []
    for seed in range(seeds):
        doubts = rollouts.disagreement if condition.choose == "disagreement" else None
        choice = Choice(rollouts.keys, condition.ways, seed, disagreement=doubts)
        labeller = Labeller(rollouts.known, condition.error, seed)
        judgements = label(choice, labeller, condition.ways, condition.watched)
        pairs = [(one, other) for each in judgements for one, other, tie in each.pairs if not tie]
        counts.append(len(pairs))
        wrong.append(mean(left(rollouts.known[one]) < left(rollouts.known[other]) for one, other in pairs))
        accuracies.append(rollouts.accuracy(judgements, condition.rankings, seed))
    return accuracies, mean(counts), mean(wrong)


def half_width(values: Sequence[float]) -> float:
    """Half of the 95 % interval of the mean over seeds."""
    return T_95[len(values)] * stdev(values) / sqrt(len(values))


def text(values: Sequence[float]) -> str:
    """Mean and 95 % interval of the mean over seeds."""
    return f"{mean(values):.1f} ± {half_width(values):.1f}"


def gain(values: Sequence[float], others: Sequence[float]) -> str:
    """Mean and 95 % interval of the difference of two conditions, seed by seed."""
    differences = [value - other for value, other in zip(values, others, strict=True)]
    return f"{mean(differences):+.1f} ± {half_width(differences):.1f}"


def table(rollouts: Rollouts, seeds: int, title: str, conditions: Sequence[Condition], **against: Any) -> None:
    """Measures conditions and prints them.

    Args:
        rollouts: What is labelled.
        seeds: How many.
        title: Heading of the table.
        conditions: Its rows.
        against: What is different in the condition that each is compared with.
    """
    other = ", ".join(f"{name} {value}" for name, value in against.items())
    print(f"\n### {title}\n\n{CONDITION} comparisons | of them wrong, % | accuracy, % | less that of {other} |")
    print(f"|{' --- |' * 9}")
    for condition in conditions:
        values, count, wrong = measure(rollouts, condition, seeds)
        compared = condition._replace(**against)
        difference = "-" if compared == condition else gain(values, measure(rollouts, compared, seeds)[0])
        print_row(condition, f"{count:.0f}", f"{100 * wrong:.1f}", text(values), difference)


def by_seed(rollouts: Rollouts, seeds: int, conditions: Sequence[Condition]) -> None:
    """Prints every accuracy that the tables are made of."""
    print(f"\n### By seed\n\n{CONDITION}{''.join(f' {seed} |' for seed in range(seeds))}")
    print(f"|{' --- |' * (5 + seeds)}")
    for condition in conditions:
        print_row(condition, *(f"{value:.2f}" for value in measure(rollouts, condition, seeds)[0]))


def print_row(condition: Condition, *cells: str) -> None:
    """Prints a condition and what belongs to it."""
    shown = map(str, condition._replace(error=round(100 * condition.error)))
    print(f"| {' | '.join((*shown, *cells))} |", flush=True)


def run(folder: Path, seeds: int) -> None:
    """Prints all tables."""
    rollouts = Rollouts(folder)
    every = [Condition(n, watched, error) for error, watched, n in product(ERRORS, WATCHED, WAYS)]
    table(rollouts, seeds, "How many at a time", every, ways=2)
    fives = [Condition(5, WATCHED[0], error) for error in ERRORS]
    table(rollouts, seeds, "Fives against pairs of four times the clips", fives, ways=2, watched=WATCHED[-1])
    chosen = [Condition(n, 160, error, "disagreement") for error, n in product(ERRORS, (2, 5))]
    table(rollouts, seeds, "Disagreement", chosen, choose="random")
    whole = [Condition(5, watched, error, rankings="plackett_luce") for error, watched in product(ERRORS, WATCHED)]
    table(rollouts, seeds, "Plackett-Luce", whole, rankings="pairs")
    by_seed(rollouts, seeds, [*every, *chosen, *whole])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rollouts", type=Path, help="rollouts of the agent; recorded if left out")
    parser.add_argument("--seeds", type=int, default=5, choices=sorted(T_95))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    print(f"## Ranking several clips at once\n\n{origin()}")
    print(f"`python benchmarks/rankings.py`: {arguments.seeds} seeds, 400 rollouts of `{POLICY}`, one thread")
    with tempfile.TemporaryDirectory() as scratch:
        home = arguments.rollouts or Path(scratch) / "rollouts"
        if arguments.rollouts is None:
            recorded = ["rollout", "--policy", POLICY, "--episodes", "400", "--seed", "5", "--out", str(home)]
            assert main(recorded) == 0
        run(home, arguments.seeds)
