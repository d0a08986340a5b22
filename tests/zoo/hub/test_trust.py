import re
from pathlib import Path

ROOM = Path(__file__).parent
DOCS = ROOM.parents[2] / "docs" / "zoo.md"


def test_every_check_in_the_table_is_shown_by_a_test() -> None:
    trust = DOCS.read_text().partition("## Trust")[2].partition("\n## ")[0]
    rows = [line for line in trust.splitlines() if line.startswith("| ")][2:]
    cases = re.search(r"REFUSALS = \{(.*?)\n\}", (ROOM / "test_pull.py").read_text(), re.DOTALL)
    assert cases is not None
    for row in rows:
        shown = row.split(" | ")[2]
        named, listed = re.findall(r"`(\w+\.py)::(\w+)`", shown), re.findall(r"\[(\w+)\]", shown)
        assert named or listed, row
        for file, test in named:
            assert f"def {test}(" in (ROOM / file).read_text(), test
        for case in listed:
            assert f"    {case}: r" in cases[1], case
    assert len(rows) > 10
