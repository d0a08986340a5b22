import json
import re

import pytest
from claims import verdicts
from overview import RESULTS, STUDIED, overview
from study import Study


def test_the_overview_is_what_the_published_digests_say() -> None:
    """`python benchmarks/paper/overview.py` writes it anew."""
    assert (RESULTS / "README.md").read_text() == overview()


@pytest.mark.parametrize("preset", STUDIED)
def test_a_published_summary_is_what_its_digests_say(preset: str) -> None:
    study = Study(RESULTS / preset, preset)
    claims = {"claims": verdicts(study)} if study.settings["figures"] else {}
    published = json.loads((RESULTS / preset / "summary.json").read_text())
    said = json.loads(json.dumps(study.summary() | claims))
    names = "configuration"  # as the files were called at the commit that a summary names
    assert {**published, names: None} == {**said, names: None}


def test_links_of_the_overview_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)]+)\)", (RESULTS / "README.md").read_text())
    assert len(links) > len(STUDIED)
    for link in links:
        assert (RESULTS / link).exists(), link
