"""The paper's claims, each with the test applied here, the figure and a verdict: `claims.py results/tiny 3`."""

import argparse
import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from collect import Missing
from estimates import (
    absolute,
    accuracies,
    accuracy_slope,
    aligned_failure,
    aligned_success,
    asymmetry,
    comparisons_slope,
    difference,
    diversity,
    encoder_lead,
    hacking,
    left_success,
    middle_bias,
    preference_lead,
    preferred_gain,
    rates,
    size_slope,
    size_speed,
    spawn_share,
    speed,
)
from inference import Estimate, holm, mean, readings_for
from study import Study
from values import Json

LEVEL: Final = 0.05  # of a test; its interval is one of 95 %
UNKNOWN: Final = "undecided"
OURS: Final = "asked, not claimed"  # by the paper


@dataclass(frozen=True)
class Claim:
    """One claim of the paper.

    Args:
        text: What is claimed, and where.
        test: How it is tested here: what is estimated.
        says: What was found, in one sentence: `{}` is the figure, `more|less` says whether it is above `null` or not.
        estimate: Estimates it.
        null: The claim holds if the whole interval is above this, and does not if it is below.
    """

    text: str
    test: str
    says: str
    estimate: Callable[[Study], Estimate]
    null: float = 0.0

    def verdict(self, study: Study) -> Json:
        """Returns the claim with its figure: held, did not hold, undecided, or not run.

        `p` is the two-sided p-value behind the interval, where there is one.
        """
        row: Json = {"claim": self.text, "test": self.test, "null": self.null}
        try:
            found = self.estimate(study)
        except Missing as reason:
            return {**row, "verdict": "not run", "reason": str(reason)}
        above, below = found.sides(self.null)
        p = min(1.0, 2 * min(above, below))
        side = "held" if above < below else "did not hold"
        verdict = side if p < LEVEL else UNKNOWN
        row |= {"verdict": verdict, "value": rounded(found.value), "says": self._said(found.value)}
        row |= {"readings": found.count}
        if found.count > 1:
            row |= {"low": rounded(found.low), "high": rounded(found.high), "p": p, "side": side}
            row |= {"detectable": rounded(found.detectable())}
        return row

    def plan(self, study: Study) -> Json:
        """Returns how many seeds it takes to decide the claim, if they spread as those of a pilot."""
        found = self.estimate(study)
        deviation = found.error() * found.count**0.5
        needed = readings_for(found.value - self.null, deviation)
        figures = {"difference": found.value - self.null, "deviation": deviation, "readings": found.count}
        return {"claim": self.text, **{name: rounded(each) for name, each in figures.items()}, "seeds": needed}

    def _said(self, value: float) -> str:
        """Says what was found: a difference without its sign, since the words say it."""
        words = re.sub(r"(\w+)\|(\w+)", r"\1" if value > self.null else r"\2", self.says)
        return words.format(f"{value if self.null else abs(value):.3g}")


def rounded(value: float) -> float:
    """Returns a figure as it is shown: three digits of it."""
    return float(f"{value:.3g}")


CLAIMS: Final = (
    Claim(
        "The base agent favours the middle pad (3.3)",
        "middle less the better of left and right, points",
        "The base agent ends in the middle {} points more|less often than on the better of the other pads.",
        middle_bias,
    ),
    Claim(
        "Fine-tuning makes failure rarer (3.3)",
        "failure of base less fine-tuned, points",
        "The fine-tuned agent fails {} points less|more often than the base agent.",
        lambda study: difference(rates(study, "base"), rates(study, "sft")),
    ),
    Claim(
        "Pre-training helps: from scratch fails more often than fine-tuned (3.3)",
        "failure from scratch less fine-tuned, points",
        "An agent from scratch fails {} points more|less often than a fine-tuned one.",
        lambda study: difference(rates(study, "scratch"), rates(study, "sft")),
    ),
    Claim(
        "The fine-tuned agent's ends are more diverse than from scratch (3.3)",
        "entropy over pads, bits",
        "The pads that the fine-tuned agent takes have {} bits more|less entropy than from scratch.",
        lambda study: diversity(study, "scratch"),
    ),
    Claim(
        "The fine-tuned agent takes the pads more evenly than the base agent (3.3)",
        "entropy over pads, bits",
        "The pads that the fine-tuned agent takes have {} bits more|less entropy than the base agent's.",
        lambda study: diversity(study, "base"),
    ),
    Claim(
        "Failure falls with size (Appendix E, Figure 12)",
        "fall with ten times the parameters, points",
        "With ten times the parameters, an agent from scratch fails {} points less|more often.",
        size_slope,
    ),
    Claim(
        "The agent encoder beats the random one at every amount (3.5, Figure 7)",
        "least lead, points",
        "At its worst amount, the agent encoder is {} points more|less accurate than a random projection.",
        lambda study: encoder_lead(study, "random_projection"),
    ),
    Claim(
        "The agent encoder beats one that sees the length alone (asked, not claimed)",
        "least lead, points",
        "At its worst amount, the agent encoder is {} points more|less accurate than the length alone.",
        lambda study: encoder_lead(study, "duration"),
    ),
    Claim(
        "Between categories it beats the length alone, so it knows the pad (asked, not claimed)",
        "least lead, points",
        "At its worst amount, it orders {} points more|less of the pairs between categories than the length alone.",
        lambda study: encoder_lead(study, "duration", "between"),
    ),
    Claim(
        "The agent encoder beats one that sees the first frame alone (asked, not claimed)",
        "least lead, points",
        "At its worst amount, the agent encoder is {} points more|less accurate than the first frame alone.",
        lambda study: encoder_lead(study, "first_frame"),
    ),
    Claim(
        "About 100 comparisons give over 90 % (3.5, Figure 7)",
        "accuracy at the least amount, %",
        "With the fewest comparisons tried, reward models order {} % of held-out pairs.",
        lambda study: mean(list(accuracies(study, "agent", min(study.settings["comparisons"])).values())),
        null=90.0,
    ),
    Claim(
        "Accuracy grows with the logarithm of comparisons (3.5)",
        "points with ten times as many",
        "Ten times the comparisons make reward models {} points more|less accurate.",
        accuracy_slope,
    ),
    Claim(
        "Better reward models align better (3.6, Figures 8, 9)",
        "points with ten times the comparisons",
        "Ten times the comparisons make an alignment's final success {} points higher|lower.",
        comparisons_slope,
    ),
    Claim(
        "Preference fine-tuning helps alignment, for all reward models (3.6.1, Figures 8, 9)",
        "success over the alignment, with it less without, least over amounts, points",
        "At its worst amount, preference fine-tuning first makes success over the alignment {} points higher|lower.",
        preference_lead,
    ),
    Claim(
        "Every reward model suffices to align left (3.6.1, Figure 8)",
        "final success, least over amounts, %",
        "With the worst amount of comparisons, {} % of the last episodes end on the left pad.",
        left_success,
        null=80.0,
    ),
    Claim(
        "Preference fine-tuning alone goes part of the way (Appendix I, Figure 19)",
        "wanted pad, with it less fine-tuned, points",
        "After preference fine-tuning alone the wanted pad is reached {} points more|less often.",
        preferred_gain,
    ),
    Claim(
        "Right aligns worse than left (3.6.2, Figure 9)",
        "final success from the fine-tuned agent, left less right, points",
        "Aligned from the fine-tuned agent, left succeeds {} points more|less often than right.",
        lambda study: mean(list(asymmetry(study, "sft").values())),
    ),
    Claim(
        "The runs to the right pad start on the left (Appendix H)",
        "share, %; half if even",
        "Of the fine-tuned agent's runs to the right pad {} % start on the left.",
        spawn_share,
        null=50.0,
    ),
    Claim(
        "The imbalance of spawns is the reason (Appendix H)",
        "left less right as above, less the same with a balanced curated set, points",
        "A balanced curated set makes left's lead over right {} points smaller|larger.",
        lambda study: difference(asymmetry(study, "sft"), asymmetry(study, "balanced")),
    ),
    Claim(
        "The base agent aligns more symmetrically (Appendix H, Figures 17, 18)",
        "absolute difference left and right, fine-tuned less base, points",
        "Left and right are {} points less|more apart from the base agent than from the fine-tuned one.",
        lambda study: difference(absolute(asymmetry(study, "sft")), absolute(asymmetry(study, "base"))),
    ),
    Claim(
        "The base agent aligns more slowly (Appendix H)",
        "success over the alignment, fine-tuned less base, points",
        "From the base agent, success over the alignment is {} points lower|higher than from the fine-tuned one.",
        lambda study: difference(*(speed(study, start) for start in ("sft", "base"))),
    ),
    Claim(
        "Larger agents align faster (Appendix E, Figure 13)",
        "gain over the beginning, with ten times the parameters, points",
        "With ten times the parameters, an alignment gains {} points more|less over its beginning.",
        size_speed,
    ),
    Claim(
        "Fully aligned agents reach their pad about always (Appendix I)",
        "success on the lesser side, %",
        "On the pad where it happens less often, aligned agents succeed in {} % of episodes.",
        aligned_success,
        null=95.0,
    ),
    Claim(
        "Alignment makes failure rarer (Appendix I)",
        "failure, fine-tuned less aligned, points",
        "Aligned agents fail {} points less|more often than the fine-tuned one.",
        aligned_failure,
    ),
    Claim(
        "The reward is hacked in the end (asked, not claimed)",
        "fall of success beyond the reward's, last quarter against the third, points",
        "From its third quarter to its last, success falls {} points more|less than the reward.",
        hacking,
    ),
)


def verdicts(study: Study) -> list[Json]:
    """Returns every claim with its number and verdict, and the verdict that is left when all are tested together.

    With so many claims at 95 % some verdicts are chance; `p_holm` and `together` are adjusted for their number by
    Holm's method: those of the paper among themselves, and those asked here.
    """
    rows = [{"number": number, **claim.verdict(study)} for number, claim in enumerate(CLAIMS, start=1)]
    for ours in (False, True):
        tested = [row for row in rows if "p" in row and (OURS in row["claim"]) == ours]
        for row, p in zip(tested, holm([row["p"] for row in tested]), strict=True):
            row["together"] = row.pop("side") if p < LEVEL else UNKNOWN
            row |= {"p": rounded(row["p"]), "p_holm": rounded(p)}
    return rows


def plans(study: Study) -> Iterator[Json]:
    """Yields for every claim that a pilot of two seeds or more can be asked about how many seeds would decide it."""
    for number, claim in enumerate(CLAIMS, start=1):
        with suppress(Missing):
            if claim.estimate(study).count > 1:
                yield {"number": number, **claim.plan(study)}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="a run or what was published of it, RUNS/PRESET, with its digests")
    parser.add_argument("numbers", type=int, nargs="*", help="which claims, from 1; all if left out")
    parser.add_argument("--plan", action="store_true", help="how many seeds would decide each, by the folder's")
    parser.add_argument("--preset", help="what the folder is of, if that is not its name")
    given = parser.parse_args()
    study = Study(given.folder, given.preset or given.folder.name)
    for row in plans(study) if given.plan else verdicts(study):
        if row["number"] in (given.numbers or range(1, len(CLAIMS) + 1)):
            print(json.dumps(row, indent=1))
