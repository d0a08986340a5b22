import re
import shlex

import page
import pytest
from claims import CLAIMS, verdicts
from quotes import ROOT
from study import Study
from values import Json

RESULTS = ROOT / "results"


def row(number: int, verdict: str, p: float | None, claim: str = "A claim (1.2)") -> Json:
    """A row of a summary's claims; with a p-value of half of a hundredth it stands among ten."""
    found: Json = {"number": number, "claim": claim, "test": "lead, points", "null": 0.0, "verdict": verdict}
    if verdict == "not run":
        return found | {"reason": "nothing is evaluated"}
    found |= {"value": 3.25, "says": "It leads by 3.25 points.", "readings": 1 if p is None else 3}
    together = verdict if p is not None and p < 0.005 else "undecided"
    return found | ({} if p is None else {"low": 1.5, "high": 5.0, "p": p, "p_holm": 10 * p, "together": together})


@pytest.fixture
def summary() -> Json:
    claims = [row(1, "held", 0.001), row(2, "held", 0.02), row(3, "did not hold", 0.04), row(4, "undecided", 0.4)]
    ours = row(6, "did not hold", 0.003, f"A question ({page.OURS})")
    about = {"commit": "abc; def", "hardware": "AMD, 2 cores; NVIDIA", "seeds": [0, 1], "networks": ["tiny", "4m"]}
    made = {"alignments": {"count": 12, "updates": [125, 600]}, "stages": {"base": {"none": 3.0, "episodes": 400}}}
    return (
        {"preset": "large", "claims": [*claims, row(5, "not run", None), ours], "seconds": {"a": 5400.0}} | about | made
    )


def test_a_claim_has_verdict_figure_interval_p_values_sentence_and_command(summary: Json) -> None:
    head, _, *rows = [line.strip("| ").split(" | ") for line in page.evidence(summary)]
    found = dict(zip(head, rows[0], strict=True))
    assert found["verdict"] == "**held**\\*"
    assert (found["figure"], found["95 % interval"], found["holds if"]) == ("3.25", "1.5 to 5", "> 0 points")
    assert (found["p"], found["p (Holm)"], found["what was found"]) == ("0.001", "0.01", "It leads by 3.25 points.")
    assert found["again"] == "`python benchmarks/paper/claims.py results/large 1`"
    assert [each[2] for each in rows[1:4]] == ["**held**", "**did not hold**", "**undecided**"]
    assert rows[4][2:8] == ["**not run**", "", "", "", "", "nothing is evaluated"]


def test_verdicts_are_counted_before_and_after_the_correction(summary: Json) -> None:
    assert page.tally(summary) == [
        "- Of 5 claims of the paper: 2 held, 1 did not hold, 1 undecided, 1 not run.",
        "- Of 1 questions of ours: 1 did not hold.",
        "- With the claims tested together, and the questions (Holm's method), 2 of these 4 verdicts stand.",
    ]


def test_claims_are_shown_by_verdict(summary: Json) -> None:
    head, _, *rows = page.decided(summary)
    assert head.endswith("intervals over 2 seeds |")
    said = "A claim (1.2): 3.25 (1.5 to 5) points"
    assert rows[0] == f"| **held**, 2 of 5 | {said}\\* <br> {said} |"
    assert [line.split(" | ")[0] for line in rows[1:]] == [
        f"| **{verdict}**, 1 of 5" for verdict in ("did not hold", "undecided", "not run")
    ]
    assert rows[3].endswith("| A claim (1.2) |")


def test_presets_stand_side_by_side_if_they_test_a_claim(summary: Json) -> None:
    single = {"preset": "single", "claims": [row(1, "undecided", None)]}
    assert page.compared(summary, single, {"preset": "demo"})[0] == "| claim | [`large`](large/report.md) |"
    other = {"preset": "other", "claims": [row(1, "undecided", 0.3)]}
    assert len(page.compared(summary, other)[0].split(" | ")) == 3


def test_a_preset_says_where_its_results_are_from(summary: Json) -> None:
    about = "`abc`, `def` | `tiny`, `4m` | 0, 1 | 400 | 12 of 125 to 600 updates | AMD, 2 cores; NVIDIA | 1.5"
    assert page.presets(summary)[2:] == [f"| [`large`](large/report.md) | {about} |"]


def test_a_family_is_as_good_as_its_cards_say() -> None:
    def card(name: str, outcome: str, percent: float) -> Json:
        return {"name": name, "results": [{"trials": 1000, "rates": {outcome: {"percent": percent}}}]}

    cards = [card("policy_x.base", "none", 37.51), card("policy_x.sft", "none", 12.2)]
    cards += [card("policy_x.aligned_up", "up", 98.14), card("reward_x.up", "accuracy", 94.5)]
    (line,) = page.families(*cards)
    assert re.findall(r"[\d.]+ %", line) == ["37.5 %", "12.2 %", "98.1 %", "94.5 %"]


def test_commands_of_the_page_make_its_claims() -> None:
    text = (RESULTS / "README.md").read_text()
    found = [shlex.split(command) for command in re.findall(r"`(python benchmarks/paper/claims\.py [^`]+)`", text)]
    assert [int(command[-1]) for command in found] == list(range(1, len(CLAIMS) + 1))
    preset = str(found[0][2]).removeprefix("results/")
    for made in verdicts(Study(RESULTS / preset, preset)):
        (line,) = [
            line for line in text.splitlines() if line.endswith(f"claims.py results/{preset} {made['number']}` |")
        ]
        assert line.startswith(f"| {made['claim']} | ")
        assert "value" not in made or f" | {made['value']:.3g} | " in line


def test_links_and_pictures_of_the_page_are_there() -> None:
    links = re.findall(r"\]\(([^)]+)\)", (RESULTS / "README.md").read_text())
    assert {path.parent.name for path in RESULTS.glob("*/summary.json")} <= {link.split("/")[0] for link in links}
    assert {"outcomes.png", "alignment.png", "heatmaps.png"} <= {link.rpartition("/")[2] for link in links}
    for link in links:
        assert (RESULTS / link).exists(), link
