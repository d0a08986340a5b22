import json
from pathlib import Path

import pytest
from micro import padzoo

from padzoo.datamodules.judges.judgement import Judgement
from padzoo.datamodules.judges.judgement_file import JudgementFile


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    """ann and bob rank the later pattern higher, but bob errs in one of three rounds."""
    file = JudgementFile(tmp_path / "labels.jsonl")
    for number in range(3):
        clips = [f"pattern-{4 * number + place:03}" for place in range(4)]
        for who, ranks in (("ann", [4, 3, 2, 1]), ("bob", [1, 2, 3, 4] if number == 2 else [4, 3, 2, 1])):
            file.append(Judgement(f"{who}{number}", clips, "ranked", ranks, who, "now", 4.0 + number))
    return file.path


def test_everything_is_measured(
    labels: Path, shards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("COLUMNS", "200")
    later = tmp_path / "later.jsonl"
    assert padzoo("prefer", shards, "--criterion", "criteria.later", "--comparisons", 276, "--out", later) == 0
    rewards = tmp_path / "rewards.json"
    rewards.write_text(json.dumps({f"pattern-{number:03}": -number for number in range(24)}))
    options = ["--folder", shards, "--criterion", "criteria.later", "--rewards", rewards]
    assert padzoo("agreement", labels, later, *options) == 0
    printed = capsys.readouterr().out
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in printed.splitlines() if "│" in line]
    assert ["ann", "3", "0", "18", "0", "5.0"] in rows
    assert ["ann", "-", "0.0 (0.0 to 56.1)"] in rows
    assert ["criteria.later", "276", "0", "276", "0", "-"] in rows
    assert any(row[:3] == ["ann", "bob", "18"] and row[3].startswith("66.7 (") for row in rows)
    assert any(row[:3] == ["ann", "criteria.later", "18"] and row[3].startswith("100.0 (") for row in rows)
    assert any(row[0] == "bob" and row[2] == "18" and row[3].startswith("33.3 (") for row in rows)
    assert "Krippendorff's alpha" in printed


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--folder", "{shards}"], "--folder and --criterion: allowed: both or neither"),
        (["--rewards", "{labels}"], "allowed: the rewards.json of a padzoo score"),
        (["--folder", "{shards}", "--criterion", "lefd"], "did you mean 'left'?"),
    ],
)
def test_what_does_not_fit_is_one_line(
    labels: Path, shards: Path, options: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [option.format(shards=shards, labels=labels) for option in options]
    assert padzoo("agreement", labels, *given) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line
