import re
from pathlib import Path

import pytest
from quotes import QUOTE, QUOTED, ROOT, refresh, render

FINDINGS = ROOT / "docs" / "findings.md"


@pytest.mark.parametrize("name", ["README.md", "docs/findings.md"])
def test_figures_are_those_of_the_published_results(name: str) -> None:
    """`python benchmarks/paper/quotes.py NAME` renders the tables anew."""
    text = (ROOT / name).read_text()
    assert QUOTE.search(text)
    assert refresh(text) == text


def test_every_table_of_the_findings_names_its_data() -> None:
    text = FINDINGS.read_text()
    rest = QUOTE.sub("", text)
    assert not re.search(r"^\|", rest, re.MULTILINE)
    assert {match["what"] for match in QUOTE.finditer(text)} == set(QUOTED)


def test_a_finding_says_no_figure_that_its_table_does_not(tmp_path: Path) -> None:
    for section in FINDINGS.read_text().split("\n## ")[1:]:
        tables = " ".join(match[0] for match in QUOTE.finditer(section))
        said = re.findall(r"(?<![\w.`/-])\d+\.\d+(?![\w.])", QUOTE.sub("", section))
        for figure in said:
            assert figure in tables, (section.splitlines()[0], figure)


def test_a_wrong_figure_is_put_right() -> None:
    comment = "<!-- results/demo/summary.json: outcomes base -->\n"
    right = comment + render("results/demo/summary.json", "outcomes", ["base"])
    assert "46.5" in right
    assert refresh(f"a\n\n{right.replace('46.5', '64.5')}\nb\n") == f"a\n\n{right}\nb\n"
    assert refresh(comment) == right


def test_results_that_are_not_there_are_an_error() -> None:
    with pytest.raises(ValueError, match="no file 'results/nothing"):
        render("results/nothing.json", "outcomes", [])
