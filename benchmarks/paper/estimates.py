"""What the claims of the paper are tested by: differences, slopes and shares, a reading a seed."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Final

import numpy as np
import torch
from collect import Missing
from inference import Estimate, entropy, least, mean
from study import FINAL, Alignment, Study

from padzoo.envs.players.demonstrators import LEFT_HAND
from padzoo.zoo.nets.policy import Policy

QUARTERS: Final = 4
FIRST: Final = 5  # updates at its beginning that say where it began


def rates(study: Study, name: str, key: str = "none", size: str | None = None) -> dict[int, float]:
    """Returns one rate of an agent, by seed, in percent."""
    found = {
        agent.seed: row[key]
        for agent, row in study.outcomes.items()
        if (agent.size, agent.name) == (size or study.size, name)
    }
    if not found:
        raise Missing(f"{name} is not evaluated")
    return found


def difference(more: dict[Any, float], less: dict[Any, float]) -> Estimate:
    """Estimates a difference from pairs, such as the two of a seed."""
    return mean([more[key] - less[key] for key in more.keys() & less.keys()])


def alignments(study: Study, start: str, side: str | None = None, comparisons: int | None = None) -> list[Alignment]:
    """Returns the alignments of the main size from a start."""
    found = [
        alignment
        for alignment in study.alignments
        if (alignment.agent.size, alignment.start, alignment.aligner) == (study.size, start, "main")
        and side in (None, alignment.side)
        and comparisons in (None, alignment.comparisons)
    ]
    if not found:
        raise Missing(f"no alignment from {start}")
    return found


def final(found: Sequence[Alignment]) -> dict[tuple[int, str, int], float]:
    """Returns success at the end in percent, by seed, side and comparisons."""
    return {_key(one): float(100 * one.logs[one.side][-FINAL:].mean()) for one in found}


def area(study: Study, found: Sequence[Alignment]) -> dict[tuple[int, str, int], float]:
    """Returns success averaged over the whole alignment in percent: high is fast."""
    return {_key(one): float(100 * one.curve(one.side, study.updates(one.aligner)).mean()) for one in found}


def _key(one: Alignment) -> tuple[int, str, int]:
    return one.agent.seed, one.side, one.comparisons


def by_seed(values: dict[tuple[int, str, int], float]) -> dict[int, float]:
    """Averages what belongs to a seed, so that a seed is one reading."""
    seeds = {seed for seed, _, _ in values}
    return {seed: float(np.mean([value for key, value in values.items() if key[0] == seed])) for seed in seeds}


def middle_bias(study: Study) -> Estimate:
    """Estimates how much more often the base agent ends in the middle than on the better of the others."""
    others = [rates(study, "base", side) for side in ("left", "right")]
    return difference(rates(study, "base", "middle"), {seed: max(o[seed] for o in others) for seed in others[0]})


def diversity(study: Study, other: str) -> Estimate:
    """Estimates how much more evenly the fine-tuned agent takes the pads than another, in bits."""
    bits = []
    for name in ("sft", other):
        by_pad = [rates(study, name, pad) for pad in ("left", "middle", "right")]
        bits.append({seed: entropy([pad[seed] for pad in by_pad]) for seed in by_pad[0]})
    return difference(bits[0], bits[1])


def slopes(points: Sequence[tuple[int, float, float]], what: str) -> Estimate:
    """Estimates a slope: one line through the points `(seed, x, y)` of each seed, a reading each."""
    seeds = {seed for seed, _, _ in points}
    lines = [np.array([(x, y) for of, x, y in points if of == seed]) for seed in seeds]
    lines = [line for line in lines if len(np.unique(line[:, 0])) > 1]
    if not lines:
        raise Missing(f"there is one {what}")
    return mean([np.polyfit(line[:, 0], line[:, 1], 1)[0] for line in lines])


def size_slope(study: Study) -> Estimate:
    """Estimates how failure falls with a tenfold size, from scratch, in points."""
    found = [(agent, row) for agent, row in study.outcomes.items() if agent.name == "scratch"]
    return slopes([(agent.seed, _log_size(agent.size), -row["none"]) for agent, row in found], "size")


@cache
def _log_size(size: str) -> float:
    with torch.device("meta"):
        return float(np.log10(sum(parameter.numel() for parameter in Policy(size).parameters())))


def accuracies(study: Study, encoder: str, comparisons: int, kind: str = "accuracy") -> dict[int, float]:
    """Returns the accuracy of reward models by agent's seed, averaged over sides and subsets.

    It is that on all pairs, or on those `between` categories or `within` them.
    """
    groups: dict[int, list[float]] = {}
    for row in study.accuracies:
        if (row["size"], row["of"], row["encoder"], row["comparisons"]) == (study.size, "sft", encoder, comparisons):
            groups.setdefault(row["agent_seed"], []).extend([row[kind]] if kind in row else [])
    if not all(groups.values()):
        raise Missing(f"no accuracy {kind} categories")
    if not groups:
        raise Missing(f"no reward models with the encoder {encoder}")
    return {seed: float(np.mean(values)) for seed, values in groups.items()}


def encoder_lead(study: Study, other: str, kind: str = "accuracy") -> Estimate:
    """Estimates the agent encoder's lead over another, the least over amounts; see `accuracies`."""
    return at_every_amount(
        study, lambda n: difference(*(accuracies(study, encoder, n, kind) for encoder in ("agent", other)))
    )


def at_every_amount(study: Study, estimate: Callable[[int], Estimate]) -> Estimate:
    """Returns the least of what is estimated at each amount of comparisons, for claims about every one."""
    return least([estimate(amount) for amount in study.settings["comparisons"]])


def accuracy_slope(study: Study) -> Estimate:
    """Estimates the points of accuracy that a tenfold number of comparisons brings."""
    rows = [row for row in study.accuracies if (row["size"], row["of"], row["encoder"]) == (study.size, "sft", "agent")]
    points = [(row["agent_seed"], float(np.log10(row["comparisons"])), row["accuracy"]) for row in rows]
    return slopes(points, "amount of comparisons")


def comparisons_slope(study: Study) -> Estimate:
    """Estimates the points of final success that a tenfold number of comparisons brings, over all alignments."""
    found = [*final(alignments(study, "sft")).items(), *final(alignments(study, "prefft")).items()]
    points = [(seed, float(np.log10(comparisons)), value) for (seed, _, comparisons), value in found]
    return slopes(points, "amount of comparisons")


def spawn_share(study: Study) -> Estimate:
    """Estimates the share of the fine-tuned agent's right-pad runs that start at the left-hand spawns, in percent."""
    starts: dict[int, list[bool]] = {}  # by seed
    for way in study.ways("sft"):
        if way["outcome"] == "right":
            starts.setdefault(way["seed"], []).append(way["spawn"] in LEFT_HAND)
    if not starts:
        raise Missing("no run of the fine-tuned agent reached the right pad")
    return mean([100 * np.mean(found) for found in starts.values()])


def asymmetry(study: Study, start: str) -> dict[int, float]:
    """Returns by seed how much more often left succeeded than right in the end, with the best reward model."""
    sides = [by_seed(final(alignments(study, start, side, study.largest))) for side in ("left", "right")]
    return {seed: sides[0][seed] - sides[1][seed] for seed in sides[0].keys() & sides[1].keys()}


def speed(study: Study, start: str) -> dict[int, float]:
    """Returns by seed how often an alignment succeeded from its first episode to its last, the best reward model."""
    return by_seed(area(study, alignments(study, start, comparisons=study.largest)))


def size_speed(study: Study) -> Estimate:
    """Estimates the points that a tenfold size adds to what an alignment from scratch gains over its beginning."""
    points = []
    for one in study.alignments:
        if (one.start, one.aligner) == ("scratch", "main"):
            gain = one.curve(one.side, study.updates("main")).mean() - one.logs[one.side][:FIRST].mean()
            points.append((one.agent.seed, _log_size(one.agent.size), float(100 * gain)))
    return slopes(points, "aligned size")


def preference_lead(study: Study) -> Estimate:
    """Estimates how much oftener an alignment succeeds that starts preference fine-tuned, the least over amounts."""

    def lead(amount: int) -> Estimate:
        return difference(
            *(by_seed(area(study, alignments(study, start, None, amount))) for start in ("prefft", "sft"))
        )

    return at_every_amount(study, lead)


def left_success(study: Study) -> Estimate:
    """Estimates how often the agent goes left in the end, the least over amounts."""

    def success(amount: int) -> Estimate:
        return mean(list(by_seed(final(alignments(study, "prefft", "left", amount))).values()))

    return at_every_amount(study, success)


def hacking(study: Study) -> Estimate:
    """Estimates how much more success falls from the third quarter of an alignment to the last than the reward."""
    falls = {}
    for one in alignments(study, "prefft", comparisons=study.largest):
        if len(one.logs["reward"]) < QUARTERS:
            raise Missing(f"an alignment of fewer than {QUARTERS} updates")
        quarters = [
            [float(100 * part.mean()) for part in np.array_split(one.logs[n], QUARTERS)] for n in (one.side, "reward")
        ]
        falls[_key(one)] = (quarters[0][2] - quarters[0][3]) - (quarters[1][2] - quarters[1][3])
    return mean(list(by_seed(falls).values()))


def wanted_rates(study: Study, name: str, key: str | None = None) -> list[dict[int, float]]:
    """Returns a rate of the agents asked to go to a side, side by side: how often they do so, or another outcome."""
    return [rates(study, name.format(side=side, n=study.largest), key or side) for side in study.sides]


def aligned_success(study: Study) -> Estimate:
    """Estimates how often fully aligned agents reach the wanted pad in percent, on the side where it is less often."""
    found = wanted_rates(study, "aligned_prefft_{side}_{n}")
    return mean([min(side[seed] for side in found) for seed in found[0]])


def aligned_failure(study: Study) -> Estimate:
    """Estimates how much more often the fine-tuned agent fails than the aligned ones."""
    found = wanted_rates(study, "aligned_prefft_{side}_{n}", "none")
    return difference(rates(study, "sft"), {seed: float(np.mean([side[seed] for side in found])) for seed in found[0]})


def preferred_gain(study: Study) -> Estimate:
    """Estimates how much more often the wanted pad is reached after preference fine-tuning alone."""
    pairs = zip(wanted_rates(study, "prefft_{side}_{n}"), wanted_rates(study, "sft"), strict=True)
    gains = [{seed: more[seed] - less[seed] for seed in more.keys() & less.keys()} for more, less in pairs]
    return mean([np.mean([gain[seed] for gain in gains]) for seed in gains[0]])


def absolute(values: dict[int, float]) -> dict[int, float]:
    """Returns how far values are from nothing."""
    return {seed: abs(value) for seed, value in values.items()}
