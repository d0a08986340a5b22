import json
import shutil
from pathlib import Path

import digest
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


def test_results_of_different_settings_are_not_mixed(run: Path, tmp_path: Path) -> None:
    preset = synthetic.preset("tiny")
    digest.write(run, "tiny-1", preset | {"agents": []})  # which agents there are does not matter
    Study(run, "tiny")
    digest.write(run, "tiny-1", preset | {"top": 0.5})
    with pytest.raises(SystemExit, match="digests: of different settings of the preset"):
        Study(run, "tiny")
    for path in (run / "digests").glob("*.json"):
        digest.write(run, path.stem, preset | {"top": 0.5})
    with pytest.raises(SystemExit, match="made with other settings than preset tiny has now"):
        report.publish("tiny", run, tmp_path / "results")


def test_a_digest_stays_if_its_home_is_gone(run: Path) -> None:
    before = (run / "digests" / "tiny-1.json").read_text()
    shutil.rmtree(run / "tiny-1")
    with pytest.raises(ValueError, match="tiny-1: no such home; its digest stays as it is"):
        digest.write(run, "tiny-1", synthetic.preset("tiny"))
    assert (run / "digests" / "tiny-1.json").read_text() == before


def test_what_an_earlier_form_of_a_preset_left_does_not_count(run: Path) -> None:
    home = Home(run, "tiny-0", synthetic.preset("tiny"))
    before = home.alignments()
    shutil.copytree(run / "tiny-0" / "aligned_sft_left_105", run / "tiny-0" / "aligned_sft_left_106")
    shutil.copy(
        run / "tiny-0" / "agents" / "aligned_sft_left_105.ckpt", run / "tiny-0" / "agents" / "aligned_sft_left_106.ckpt"
    )
    assert home.alignments() == before
    assert home.commits() == ["0123456789ab"]


def test_cells_count_every_step(run: Path) -> None:
    cells = np.array(Home(run, "tiny-0", synthetic.preset("tiny")).cells()["sft"])
    assert cells[:, 2].sum() == 8 * 12  # eight ways of twelve steps
    assert (cells[:, :2] % 20 == 10).all()


def test_ways_are_those_to_a_side(run: Path) -> None:
    found = Home(run, "tiny-0", synthetic.preset("tiny")).ways()["sft"]
    assert [way["outcome"] for way in found].count("left") == 4
    assert {way["outcome"] for way in found} == {"left", "right"}
    assert found[0]["places"][0] == [-130, -180]
    assert found[0]["spawn"] == 0
    assert len(found[0]["places"]) == 4  # every third of twelve
