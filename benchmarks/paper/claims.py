"""The paper's claims, each with the test applied here, the figures and a verdict."""

from collections.abc import Callable
from dataclasses import dataclass
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
from inference import Estimate, holm, mean
from study import Study
from values import Json

LEVEL: Final = 0.05  # of a test; its interval is one of 95 %
UNKNOWN: Final = "not enough power"


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
        """Returns the claim with its figures: held, did not hold, not enough power, or not run.

        `p` is the two-sided p-value behind the interval, where there is one.
        """
        row = {"claim": self.text, "test": self.test, "null": self.null}
        try:
            found = self.estimate(study)
        except Missing as reason:
            return {**row, "verdict": "not run", "figures": str(reason)}
        above, below = found.sides(self.null)
        p = 2 * min(above, below)
        side = "held" if above < below else "did not hold"
        verdict = side if p < LEVEL else UNKNOWN
        row |= {"verdict": verdict, "figures": str(found), "readings": found.count}
        return row | ({"p": p, "side": side} if found.count > 1 else {})


CLAIMS: Final = (
    Claim(
        "The base agent favours the middle pad (3.3)", "middle less the better of left and right, points", middle_bias
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
    Claim(
        "The fine-tuned agent's ends are more diverse than from scratch (3.3)",
        "entropy over pads, bits",
        lambda study: diversity(study, "scratch"),
    ),
    Claim(
        "The fine-tuned agent takes the pads more evenly than the base agent (3.3)",
        "entropy over pads, bits",
        lambda study: diversity(study, "base"),
    ),
    Claim("Failure falls with size (Appendix E, Figure 12)", "fall with ten times the parameters, points", size_slope),
    Claim(
        "The agent encoder beats the random one at every amount (3.5, Figure 7)",
        "least lead, points",
        lambda study: encoder_lead(study, "random_projection"),
    ),
    Claim(
        "The agent encoder beats one that sees the length alone (asked, not claimed)",
        "least lead, points",
        lambda study: encoder_lead(study, "duration"),
    ),
    Claim(
        "The agent encoder beats one that sees the first frame alone (asked, not claimed)",
        "least lead, points",
        lambda study: encoder_lead(study, "first_frame"),
    ),
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
        "Preference fine-tuning helps alignment, for all reward models (3.6.1, Figures 8, 9)",
        "success over the alignment, with it less without, least over amounts, points",
        preference_lead,
    ),
    Claim(
        "Every reward model suffices to align left (3.6.1, Figure 8)",
        "final success, least over amounts, %",
        left_success,
        null=80.0,
    ),
    Claim(
        "Preference fine-tuning alone goes part of the way (Appendix I, Figure 19)",
        "wanted pad, with it less fine-tuned, points",
        preferred_gain,
    ),
    Claim(
        "Right aligns worse than left (3.6.2, Figure 9)",
        "final success from the fine-tuned agent, left less right, points",
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
        lambda study: difference(absolute(asymmetry(study, "sft")), absolute(asymmetry(study, "base"))),
    ),
    Claim(
        "The base agent aligns more slowly (Appendix H)",
        "success over the alignment, fine-tuned less base, points",
        lambda study: difference(*(speed(study, start) for start in ("sft", "base"))),
    ),
    Claim(
        "Larger agents align faster (Appendix E, Figure 13)",
        "gain over the beginning, with ten times the parameters, points",
        size_speed,
    ),
    Claim(
        "Fully aligned agents reach their pad about always (Appendix I)",
        "success on the lesser side, %",
        aligned_success,
        null=95.0,
    ),
    Claim("Alignment makes failure rarer (Appendix I)", "failure, fine-tuned less aligned, points", aligned_failure),
    Claim(
        "The reward is hacked in the end (asked, not claimed)", "fall of success beyond the reward's, points", hacking
    ),
)


def verdicts(study: Study) -> list[Json]:
    """Returns every claim with its verdict, and the verdict that is left when all claims are tested together.

    With so many claims at 95 % some verdicts are chance; `together` is adjusted for their number by Holm's method.
    """
    rows = [claim.verdict(study) for claim in CLAIMS]
    tested = [row for row in rows if "p" in row]
    for row, p in zip(tested, holm([row["p"] for row in tested]), strict=True):
        row["together"] = row.pop("side") if p < LEVEL else UNKNOWN
        row["p"] = float(f"{row['p']:.3g}")
    return rows
