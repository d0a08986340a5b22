import json

import pytest
from claims import verdicts
from quotes import ROOT
from study import Study

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
