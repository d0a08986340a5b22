"""The paper's claims, each with the test applied here, the figures and a verdict."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from collect import ENCODERS, Missing
from inference import Estimate, entropy, mean
from study import Alignment, Study

from zoo.nets.policy import Policy

FINAL: Final = 10  # updates at the end of an alignment that count as its result
LEFT_SPAWNS: Final = (0, 2)  # numbers of the spawns on the left
Json = dict[str, Any]


@dataclass(frozen=True)
class Claim:
    """One claim of the paper.

    Args:
        text: What is claimed, and where.
        test: How it is tested here: what is estimated.
        estimate: Estimates it.
        null: The claim holds if the whole interval is above this, and does not if it is below.
    """

    text: str
    test: str
    estimate: Callable[[Study], Estimate]
    null: float = 0.0

    def verdict(self, study: Study) -> Json:
        """Returns the claim with its figures: held, did not hold, not enough power, or not run."""
        row = {"claim": self.text, "test": self.test, "null": self.null}
        try:
            found = self.estimate(study)
        except Missing as reason:
            return {**row, "verdict": "not run", "figures": str(reason)}
        verdict = "not enough power"
        if found.low > self.null:
            verdict = "held"
        elif found.high < self.null:
            verdict = "did not hold"
        return {**row, "verdict": verdict, "figures": str(found), "readings": found.count}


def rates(study: Study, name: str, key: str = "none", size: str | None = None) -> dict[int, float]:
    """Returns one rate of an agent, by seed, in percent."""
    found = {
        agent.seed: row[key]
        for agent, row in study.outcomes.items()
        if (agent.size, agent.name) == (size or study.size, name)
    }
    if not found:
        raise Missing(f"{name} is not evaluated by this preset")
    return found


def difference(more: dict[Any, float], less: dict[Any, float]) -> Estimate:
    """Estimates a difference from pairs, such as the two of a seed."""
    return mean([more[key] - less[key] for key in more.keys() & less.keys()])


def alignments(study: Study, start: str, side: str | None = None, comparisons: int | None = None) -> list[Alignment]:
    """Returns the alignments of the main size from a start."""
    found = [
        alignment
        for alignment in study.alignments
        if (alignment.agent.size, alignment.start, alignment.variant) == (study.size, start, "")
        and side in (None, alignment.side)
        and comparisons in (None, alignment.comparisons)
    ]
    if not found:
        raise Missing(f"no alignment from {start}")
    return found


def final(found: Sequence[Alignment]) -> dict[tuple[int, str, int], float]:
    """Returns success at the end in percent, by seed, side and comparisons."""
    return {_key(one): float(100 * one.logs[one.side][-FINAL:].mean()) for one in found}


def area(found: Sequence[Alignment]) -> dict[tuple[int, str, int], float]:
    """Returns success averaged over the whole alignment in percent: high is fast."""
    return {_key(one): float(100 * one.logs[one.side].mean()) for one in found}


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


def diversity(study: Study) -> Estimate:
    """Estimates how much more evenly the fine-tuned agent takes the pads than the one from scratch, in bits."""
    bits = []
    for name in ("sft", "scratch"):
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


def _log_size(size: str) -> float:
    return float(np.log10(sum(parameter.numel() for parameter in Policy(size).parameters())))


def accuracies(study: Study, encoder: str, comparisons: int) -> dict[int, float]:
    """Returns the accuracy of reward models by agent's seed, averaged over sides and subsets."""
    groups: dict[int, list[float]] = {}
    for row in study.accuracies:
        if (row["size"], row["of"], row["encoder"], row["comparisons"]) == (study.size, "sft", encoder, comparisons):
            groups.setdefault(row["agent_seed"], []).append(row["accuracy"])
    if not groups:
        raise Missing(f"no reward models with the encoder {encoder}")
    return {seed: float(np.mean(values)) for seed, values in groups.items()}


def encoder_lead(study: Study) -> Estimate:
    """Estimates the agent encoder's lead at the amount where it is least."""
    leads = [
        difference(*(accuracies(study, encoder, amount) for encoder in ENCODERS))
        for amount in study.settings["comparisons"]
    ]
    return min(leads, key=lambda lead: lead.low)


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
            starts.setdefault(way["seed"], []).append(way["spawn"] in LEFT_SPAWNS)
    if not starts:
        raise Missing("no run of the fine-tuned agent reached the right pad")
    return mean([100 * np.mean(found) for found in starts.values()])


def asymmetry(study: Study, start: str) -> dict[int, float]:
    """Returns by seed how much more often left succeeded than right over the alignments, with the best reward model."""
    sides = [by_seed(area(alignments(study, start, side, study.largest))) for side in ("left", "right")]
    return {seed: sides[0][seed] - sides[1][seed] for seed in sides[0].keys() & sides[1].keys()}


def speed(study: Study, start: str) -> dict[int, float]:
    """Returns by seed how often an alignment succeeded from its first episode to its last, the best reward model."""
    return by_seed(area(alignments(study, start, comparisons=study.largest)))


def size_speed(study: Study) -> Estimate:
    """Estimates the points of success over an alignment from scratch that a tenfold size brings."""
    found = [one for one in study.alignments if (one.start, one.variant) == ("scratch", "")]
    points = [(one.agent.seed, _log_size(one.agent.size), float(100 * one.logs[one.side].mean())) for one in found]
    return slopes(points, "aligned size")


def hacking(study: Study) -> Estimate:
    """Estimates how far success at the end lies under its best along the way, while the reward does not."""
    falls = {}
    for one in alignments(study, "prefft", comparisons=study.largest):
        kernel = np.full(FINAL, 1 / FINAL)
        success, reward = (100 * np.convolve(one.logs[name], kernel, "valid") for name in (one.side, "reward"))
        falls[_key(one)] = float((success.max() - success[-1]) - (reward.max() - reward[-1]))
    return mean(list(by_seed(falls).values()))


def aligned_success(study: Study) -> Estimate:
    """Estimates how often fully aligned agents reach the wanted pad, in percent."""
    found = [rates(study, f"aligned_prefft_{side}_{study.largest}", side) for side in study.sides]
    return mean([np.mean([side[seed] for side in found]) for seed in found[0]])


CLAIMS: Final = (
    Claim(
        "The base agent favours the middle pad (3.2)", "middle less the better of left and right, points", middle_bias
    ),
    Claim(
        "Fine-tuning makes failure rarer (3.3)",
        "failure of base less fine-tuned, points",
        lambda study: difference(rates(study, "base"), rates(study, "sft")),
    ),
    Claim(
        "Pre-training helps: from scratch fails more often than fine-tuned (3.3)",
        "failure from scratch less fine-tuned, points",
        lambda study: difference(rates(study, "scratch"), rates(study, "sft")),
    ),
    Claim("The fine-tuned agent's ends are more diverse than from scratch (3.3)", "entropy over pads, bits", diversity),
    Claim("Failure falls with size (Appendix E, Figure 12)", "fall with ten times the parameters, points", size_slope),
    Claim("The agent encoder beats the random one at every amount (3.5, Figure 7)", "least lead, points", encoder_lead),
    Claim(
        "About 100 comparisons give over 90 % (3.5, Figure 7)",
        "accuracy at the least amount, %",
        lambda study: mean(list(accuracies(study, "agent", min(study.settings["comparisons"])).values())),
        null=90.0,
    ),
    Claim("Accuracy grows with the logarithm of comparisons (3.5)", "points with ten times as many", accuracy_slope),
    Claim(
        "Better reward models align better (3.6, Figures 8, 9)",
        "points with ten times the comparisons",
        comparisons_slope,
    ),
    Claim(
        "Preference fine-tuning helps alignment (3.6, Figures 8, 9)",
        "final success with it less without, points",
        lambda study: difference(by_seed(final(alignments(study, "prefft"))), by_seed(final(alignments(study, "sft")))),
    ),
    Claim(
        "Right aligns more slowly than left (3.6.2, Figure 9)",
        "success over the alignment of the fine-tuned agent, left less right, points",
        lambda study: mean(list(asymmetry(study, "sft").values())),
    ),
    Claim("The runs to the right pad start on the left (Appendix H)", "share, %; half if even", spawn_share, null=50.0),
    Claim(
        "The imbalance of spawns is the reason (Appendix H)",
        "left less right as above, less the same with a balanced curated set, points",
        lambda study: difference(asymmetry(study, "sft"), asymmetry(study, "balanced")),
    ),
    Claim(
        "The base agent aligns more symmetrically (Appendix H, Figures 17, 18)",
        "absolute difference left and right, fine-tuned less base, points",
        lambda study: difference(_absolute(asymmetry(study, "sft")), _absolute(asymmetry(study, "base"))),
    ),
    Claim(
        "The base agent aligns more slowly (Appendix H)",
        "success over the alignment, fine-tuned less base, points",
        lambda study: difference(*(speed(study, start) for start in ("sft", "base"))),
    ),
    Claim("Larger agents align faster (Appendix E, Figure 13)", "points with ten times the parameters", size_speed),
    Claim("Fully aligned agents reach their pad about always (Appendix I)", "success, %", aligned_success, null=95.0),
    Claim(
        "The reward is hacked in the end (asked, not claimed)", "fall of success beyond the reward's, points", hacking
    ),
)


def _absolute(values: dict[int, float]) -> dict[int, float]:
    return {seed: abs(value) for seed, value in values.items()}


def verdicts(study: Study) -> list[Json]:
    """Returns every claim with its verdict."""
    return [claim.verdict(study) for claim in CLAIMS]
