import json

import numpy as np
import pytest
from agents import Agent
from claims import verdicts
from quotes import ROOT
from study import FINAL, Alignment, Study

PUBLISHED = sorted({path.parents[1].name for path in (ROOT / "results").glob("*/digests/*.json")})


@pytest.mark.parametrize("preset", PUBLISHED)
def test_a_published_summary_is_what_its_digests_say(preset: str) -> None:
    study = Study(ROOT / "results" / preset, preset)
    claims = {"claims": verdicts(study)} if study.settings["figures"] else {}
    published = json.loads((ROOT / "results" / preset / "summary.json").read_text())
    said = json.loads(json.dumps(study.summary() | claims))
    names = "configuration"  # as the files were called at the commit that a summary names
    assert {**published, names: None} == {**said, names: None}


def test_a_study_says_how_many_alignments_it_has_and_how_long_they_are() -> None:
    study = Study(ROOT / "results" / "demo", "demo")
    lengths = [len(one.logs["reward"]) for one in study.alignments]
    found = study.summary()
    assert found["alignments"] == {"count": len(lengths), "updates": [min(lengths), max(lengths)]}
    assert found["networks"] == ["tiny"]


def test_an_alignment_that_stopped_early_is_continued_at_its_last_level() -> None:
    logs = {"left": np.linspace(0.0, 1.0, 2 * FINAL)}
    one = Alignment(Agent("tiny", 0, "aligned_sft_left_105"), "sft", "left", 105, "main", logs)
    assert one.curve("left", 2 * FINAL).tolist() == logs["left"].tolist()
    longer = one.curve("left", 3 * FINAL)
    assert longer[: 2 * FINAL].tolist() == logs["left"].tolist()
    assert longer[2 * FINAL :] == pytest.approx(logs["left"][FINAL:].mean())
