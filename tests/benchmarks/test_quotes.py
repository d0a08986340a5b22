import re

import pytest
from quotes import PAGES, QUOTE, QUOTED, ROOT, refresh, render

FINDINGS = ROOT / "docs" / "findings.md"
PERCENT = re.compile(r"(?<![\w.`/-])(\d+(?:\.\d+)?)(?=(?:(?:,| to| and| or) \d+(?:\.\d+)?)* %)")
CONFIDENCE = "95"  # of the intervals


@pytest.mark.parametrize("name", PAGES)
def test_figures_are_those_of_the_published_results(name: str) -> None:
    """`python benchmarks/paper/quotes.py` renders them anew."""
    text = (ROOT / name).read_text()
    assert QUOTE.search(text)
    assert refresh(text) == text


@pytest.mark.parametrize("name", ["results/README.md", "docs/findings.md"])
def test_every_table_names_its_data(name: str) -> None:
    assert not re.search(r"^\|", QUOTE.sub("", (ROOT / name).read_text()), re.MULTILINE)


def test_whatever_can_be_quoted_is() -> None:
    found = {match["what"] for name in PAGES for match in QUOTE.finditer((ROOT / name).read_text())}
    assert found == set(QUOTED)


def test_readme_shows_the_claims_in_one_table() -> None:
    text = (ROOT / "README.md").read_text()
    (table,) = [match for match in QUOTE.finditer(text) if "\n| --- " in match[0]]
    assert table["what"] == "decided"
    assert len(text.splitlines()) <= 120


def test_readme_says_no_rate_by_itself() -> None:
    assert set(PERCENT.findall(QUOTE.sub("", (ROOT / "README.md").read_text()))) <= {CONFIDENCE}


def test_a_finding_says_no_figure_that_its_table_does_not() -> None:
    for section in FINDINGS.read_text().split("\n## ")[1:]:
        tables = " ".join(match[0] for match in QUOTE.finditer(section))
        prose = QUOTE.sub("", section)
        for figure in re.findall(r"(?<![\w.`/-])\d+\.\d+(?![\w.])", prose):
            assert figure in tables, (section.splitlines()[0], figure)
        known = [float(number) for number in re.findall(r"\d+(?:\.\d+)?", tables)]
        for figure in set(PERCENT.findall(prose)) - {CONFIDENCE}:
            digits = len(figure.partition(".")[2])
            assert figure in {f"{number:.{digits}f}" for number in known}, (section.splitlines()[0], figure)


def test_a_wrong_figure_is_put_right() -> None:
    comment = "<!-- results/demo/summary.json: outcomes base -->\n"
    right = comment + render("results/demo/summary.json", "outcomes", ["base"])
    figure = re.search(r"\*\*(\d+\.\d)\*\*", right)
    assert figure
    wrong = right.replace(figure[1], "123.4")
    assert refresh(f"a\n\n{wrong}\nb\n") == f"a\n\n{right}\nb\n"
    assert refresh(comment) == right


def test_results_that_are_not_there_are_an_error() -> None:
    with pytest.raises(ValueError, match="no file 'results/nothing"):
        render("results/nothing.json", "outcomes", [])
