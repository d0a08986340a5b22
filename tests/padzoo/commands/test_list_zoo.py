import json
from pathlib import Path

import pytest
import yaml
from micro import padzoo
from small_zoo import NAMES

from padzoo.zoo.hub import index


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "index.yaml").write_text("format: padzoo-index-v1\ncheckpoints: {}\n")
    monkeypatch.setattr(index, "EMBEDDED", tmp_path)


@pytest.mark.usefixtures("empty")
def test_an_empty_zoo_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert padzoo("list") == 0
    assert capsys.readouterr().out.startswith("The zoo is empty yet: ")
    assert padzoo("list", "--json") == 0
    assert json.loads(capsys.readouterr().out) == []


@pytest.mark.usefixtures("empty")
def test_names_sizes_results_and_sources_are_listed(
    zoo_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    listing = yaml.safe_load((zoo_folder / "index.yaml").read_text())
    listing["checkpoints"]["policy_tiny.sft"]["results"] = {"none": 1.0, "left": 99.0}
    (zoo_folder / "index.yaml").write_text(yaml.safe_dump(listing, sort_keys=False))
    assert padzoo("list") == 0
    rows = [line for line in capsys.readouterr().out.splitlines() if "_tiny" in line]
    assert [row.split()[1] for row in rows] == list(NAMES)
    assert {"601,716", "1.21", "none", "1.0,", "left", "99.0", f"{zoo_folder}/policy_tiny.sft"} <= set(rows[1].split())
    monkeypatch.setattr(index, "EMBEDDED", zoo_folder)
    monkeypatch.delenv("PADZOO_INDEX")
    assert padzoo("list", "reward") == 0
    (row,) = [line for line in capsys.readouterr().out.splitlines() if "_tiny" in line]
    assert "installed" in row


@pytest.mark.usefixtures("empty", "zoo_folder")
def test_names_are_whole_on_a_narrow_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "50")
    assert padzoo("list") == 0
    out = capsys.readouterr().out
    assert all(name in out for name in NAMES)


@pytest.mark.usefixtures("empty", "zoo_folder")
@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("sft", ["policy_tiny.sft"]),
        ("policy_*", ["policy_tiny.aligned", "policy_tiny.sft"]),
        ("*.left", ["reward_tiny.left"]),
    ],
)
def test_names_are_found_by_parts_and_patterns(
    pattern: str, expected: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert padzoo("list", pattern, "--json") == 0
    assert [item["name"] for item in json.loads(capsys.readouterr().out)] == expected


@pytest.mark.usefixtures("empty")
def test_a_program_gets_json(zoo_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert padzoo("list", "policy*", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert [item["name"] for item in found] == ["policy_tiny.aligned", "policy_tiny.sft"]
    assert found[1]["source"] == f"{zoo_folder}/policy_tiny.sft"
    assert found[1]["parameters"] == 601_716


@pytest.mark.usefixtures("empty", "zoo_folder")
def test_a_pattern_that_fits_nothing_is_answered_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert padzoo("list", "policy_tiny.alined") == 2
    assert "; did you mean 'policy_tiny.aligned'" in capsys.readouterr().err
