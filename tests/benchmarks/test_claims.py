import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import synthetic
from agents import Agent
from claims import CLAIMS, verdicts
from inference import mean
from study import Study
from synthetic import RANKS, accuracy, rates, success, unsplit


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    synthetic.write(folder, synthetic.preset("tiny"), rates, accuracy, success)
    return folder


@pytest.fixture(scope="module")
def study(run: Path) -> Study:
    return Study(run, "tiny")


@pytest.fixture
def copied(run: Path, tmp_path: Path) -> Path:
    """The same run to be changed: its digests are all that is read."""
    shutil.copytree(run / "digests", tmp_path / "tiny" / "digests")
    return tmp_path / "tiny"


def verdict(found: list[dict[str, Any]], start: str) -> str:
    (row,) = [row for row in found if row["claim"].startswith(start)]
    return str(row["verdict"])


def test_where_the_paper_is_right_its_claims_hold(study: Study) -> None:
    found = verdicts(study)
    assert len(found) == len(CLAIMS) >= 12
    unsure = ("The runs to the right pad", "Fully aligned", "The reward is hacked")
    for row in found:
        if not row["claim"].startswith(unsure):
            assert row["verdict"] == "held", row


def test_where_it_is_wrong_they_do_not(tmp_path: Path) -> None:
    def opposite(agent: Agent) -> dict[str, float]:
        if agent.name in ("scratch", "sft"):
            none = (9.0 + 5 * RANKS[agent.size], 60.0)[agent.name == "sft"] + agent.seed
            return {"none": none, "left": (100 - none) / 3, "middle": (100 - none) / 3, "right": (100 - none) / 3}
        return rates(agent)

    synthetic.write(tmp_path / "run", synthetic.preset("tiny"), opposite, lambda *_: 70.0, success)
    found = verdicts(Study(tmp_path / "run", "tiny"))
    assert verdict(found, "Pre-training helps") == "did not hold"
    assert verdict(found, "Failure falls with size") == "did not hold"
    assert verdict(found, "About 100 comparisons") == "did not hold"
    assert verdict(found, "Fine-tuning makes failure rarer") == "did not hold"


def test_seeds_that_disagree_leave_a_claim_open(tmp_path: Path) -> None:
    def noisy(agent: Agent) -> dict[str, float]:
        if agent.name == "sft":
            none = (10.0, 30.0, 20.0)[agent.seed]
            return {"none": none, "left": 0.0, "middle": 100 - none, "right": 0.0}
        return rates(agent)

    synthetic.write(tmp_path / "run", synthetic.preset("tiny"), noisy, accuracy, success)
    assert verdict(verdicts(Study(tmp_path / "run", "tiny")), "Pre-training helps") == "undecided"


def test_what_a_preset_does_not_make_is_not_run(tmp_path: Path) -> None:
    synthetic.write(tmp_path / "run", synthetic.preset("demo"), rates, accuracy, success)
    found = verdicts(Study(tmp_path / "run", "demo"))
    assert verdict(found, "Right aligns worse") == "not run"
    assert verdict(found, "Failure falls with size") == "not run"
    assert verdict(found, "Pre-training helps") == "undecided"  # one seed


def test_a_seed_is_one_reading(study: Study) -> None:
    readings = {row["claim"].split(" (")[0]: row["readings"] for row in verdicts(study)}
    assert set(readings.values()) == {3}


def test_a_claim_about_every_amount_needs_every_interval(copied: Path) -> None:
    """The lead is least, and sure, at 105 comparisons; at 1,035 it is greater, but one seed stands against it."""
    leads = {105: (4.0, 5.0, 6.0), 1035: (-5.0, 20.0, 45.0), 44850: (30.0, 30.5, 31.0)}
    for seed in range(3):
        path = copied / "digests" / f"tiny-{seed}.json"
        digest = json.loads(path.read_text())
        for row in digest["accuracies"]:
            lead = leads[row["comparisons"]][seed] if row["encoder"] == "agent" else 0.0
            row["accuracy"] = 50.0 + lead
            row["between"] = 50.0 - lead
        path.write_text(json.dumps(digest))
    found = verdicts(Study(copied, "tiny"))
    assert verdict(found, "The agent encoder beats the random one at every amount") == "undecided"
    assert verdict(found, "The agent encoder beats one that sees the length alone") == "undecided"
    assert verdict(found, "Between categories it beats the length alone") == "did not hold"  # at one amount, for sure


def test_what_is_not_split_by_categories_is_not_tested_between_them(copied: Path) -> None:
    unsplit(copied)
    found = verdicts(Study(copied, "tiny"))
    assert verdict(found, "Between categories it beats the length alone") == "not run"
    assert verdict(found, "The agent encoder beats one that sees the length alone") == "held"


def test_a_finding_is_said_in_words(study: Study) -> None:
    (row,) = [row for row in verdicts(study) if row["claim"].startswith("Fine-tuning makes")]
    assert row["says"] == f"The fine-tuned agent fails {row['value']:.3g} points less often than the base agent."
    claim = CLAIMS[row["number"] - 1]
    opposite = replace(claim, estimate=lambda _: mean([-3.0, -2.0, -4.0])).verdict(study)
    assert opposite["says"] == "The fine-tuned agent fails 3 points more often than the base agent."
    share = replace(CLAIMS[17], estimate=lambda _: mean([45.0, 44.0])).verdict(study)
    assert share["says"] == "Of the fine-tuned agent's runs to the right pad 44.5 % start on the left."


def test_every_sentence_has_its_figure_and_both_words() -> None:
    for claim in CLAIMS:
        assert claim.says.count("{}") == 1, claim.says
        assert len(re.findall(r"\w\|\w", claim.says)) == (claim.null == 0.0), claim.says


def test_the_command_prints_a_claim_anew(study: Study, copied: Path) -> None:
    command = [sys.executable, synthetic.PAPER / "claims.py", copied, "2"]
    found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert found == verdicts(study)[1]


def test_of_verdicts_by_chance_none_is_left_when_all_claims_are_tested_together(study: Study) -> None:
    found = verdicts(study)
    together = {row["together"] for row in found}
    assert together == {"held", "undecided"}
    for row in found:
        assert row["p_holm"] >= row["p"]
        assert (row["p_holm"] < 0.05) == (row["together"] != "undecided")
        assert row["together"] in (row["verdict"], "undecided")
        assert (row["p"] < 0.05) == (row["verdict"] != "undecided")
