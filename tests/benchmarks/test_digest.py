import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import report
import synthetic
from digest import Home
from study import Study
from synthetic import accuracy, rates, success
from workflow import dry_run


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("written")
    synthetic.write(run, synthetic.preset("tiny"), rates, accuracy, success)
    return run


@pytest.fixture
def run(written: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(written, tmp_path / "run"))


@pytest.mark.slow
def test_a_digest_is_all_that_a_report_reads(run: Path, tmp_path: Path) -> None:
    report.publish("tiny", run, tmp_path / "results")
    for home in run.glob("*-*"):
        shutil.rmtree(home)
    report.publish("tiny", run, tmp_path / "again")
    for path in (tmp_path / "results").rglob("*.*"):
        assert path.read_bytes() == (tmp_path / "again" / path.relative_to(tmp_path / "results")).read_bytes()


def test_published_digests_are_a_run_to_go_on_with(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "draw", lambda *_: ({}, {}))  # 20 pictures, which take most of the time
    report.publish("tiny", run, tmp_path / "results")
    shutil.rmtree(run)
    run.mkdir()
    shutil.copytree(tmp_path / "results" / "digests", run / "digests")
    for gif in (tmp_path / "results").glob("agent_*.gif"):
        shutil.copy(gif, run)
    (run / "digests" / "tiny-2.json").unlink()
    plan = dry_run(tmp_path, "--cores", "2", "--rerun-triggers", "mtime", "--config", "preset=tiny")
    assert "tiny-2/agents/base.ckpt" in plan
    assert "tiny-1/agents" not in plan
    assert "pico-0/agents" not in plan


def test_a_report_tells_the_seeds_that_it_has(run: Path) -> None:
    for path in (run / "digests").glob("*-[12].json"):
        path.unlink()
    assert Study(run, "tiny").provenance()["seeds"] == [0]


def test_a_report_of_one_home_shows_what_there_is(run: Path, tmp_path: Path) -> None:
    for path in [*(run / "digests").glob("*.json"), *run.glob("agent_*.gif")]:
        if path.name != "nano-1.json":
            path.unlink()
    report.publish("tiny", run, tmp_path / "results")
    text = (tmp_path / "results" / "report.md").read_text()
    assert "agent_left" not in text
    assert "no agent of size tiny is evaluated" in text
    shown = {path.name for path in (tmp_path / "results").rglob("*.png")}
    assert all(f"({name})" in text or f"(figures/{name})" in text for name in shown)


def test_several_machines_are_all_named(run: Path) -> None:
    path = run / "digests" / "tiny-1.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"hardware": "another machine", "commit": "0123abc"}))
    found = Study(run, "tiny").provenance()
    assert "another machine" in found["hardware"]
    assert "; 0123abc" in found["commit"]


def test_cells_count_every_step(run: Path) -> None:
    cells = np.array(Home(run, "tiny-0").cells()["sft"])
    assert cells[:, 2].sum() == 8 * 12  # eight ways of twelve steps
    assert (cells[:, :2] % 20 == 10).all()


def test_ways_are_those_to_a_side(run: Path) -> None:
    found = Home(run, "tiny-0").ways()["sft"]
    assert [way["outcome"] for way in found].count("left") == 4
    assert {way["outcome"] for way in found} == {"left", "right"}
    assert found[0]["places"][0] == [-130, -180]
    assert found[0]["spawn"] == 0
    assert len(found[0]["places"]) == 4  # every third of twelve
