import json
import shutil
from pathlib import Path

import matplotlib.image
import pytest
import report
import synthetic
from agents import Agent
from collect import Missing, interval
from figures import FIGURES
from study import Study
from synthetic import accuracy, rates, success

NUMBERS = (3, 4, 5, 7, 8, 9, 10, 12, 13, 14, 15, 16, 17, 18, 19, 20)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiny")
    synthetic.write(folder / "run", synthetic.preset("tiny"), rates, accuracy, success)
    report.publish("tiny", folder / "run", folder / "results")
    return folder / "results"


def test_preset_tiny_has_every_figure_of_the_paper_and_every_control(results: Path) -> None:
    assert {f"figure_{number:02d}" for number in NUMBERS} <= set(FIGURES)
    below = [name for name in FIGURES if name not in report.OVERVIEW]
    assert {path.stem for path in (results / "figures").glob("*.png")} == set(below)
    text = (results / "report.md").read_text()
    assert "## Not run" not in text
    assert "Pre-training sees 3.1 M frames (the paper: 355 M). An alignment has up to" in text


def test_agents_are_reported_in_the_condition_turned_too(results: Path) -> None:
    found = json.loads((results / "summary.json").read_text())["turned"]
    assert set(found) == {"base", "sft", "scratch"}
    assert found["sft"].pop("by_seed")["none"] == [70.0] * 3
    assert found["sft"] == synthetic.TURNED | {"episodes": 600}
    assert "**70.0** (66.2 to 73.5)" in (results / "report.md").read_text()


def test_accuracies_are_split_by_category_where_they_are_known(results: Path, tmp_path: Path) -> None:
    head, row = (
        "| accuracy | between categories | within categories |",
        "| **95.0** (95.0 to 95.0) | **96.0** (96.0 to 96.0) |",
    )
    text = (results / "report.md").read_text()
    assert head in text
    assert f"| left | agent | 105 {row} **94.0** (94.0 to 94.0) | 9 |" in text
    shutil.copytree(results / "digests", tmp_path / "digests")
    synthetic.unsplit(tmp_path)
    study = Study(tmp_path, "tiny")
    old = report.report(study, {})
    assert "categories |" not in old
    assert "| left | agent | 105 | **95.0** (95.0 to 95.0) | 9 |" in old
    with pytest.raises(Missing, match="no accuracy is split by categories"):
        FIGURES["control_categories"].collect(study)


def test_a_figure_says_where_its_data_come_from(results: Path) -> None:
    for path in (results / "figures").glob("*.json"):
        found = json.loads(path.read_text())
        assert {"figure", "title", "commit", "configuration", "seeds", "hardware", "data"} <= set(found)
        assert found["seeds"] == [0, 1, 2]


def test_a_figure_shows_what_was_measured(results: Path) -> None:
    (panel,) = json.loads((results / "figures" / "figure_05.json").read_text())["data"]["panels"]
    assert panel["rates"]["none"][0] == pytest.approx(21.0)  # 20, 21 and 22 % of 200 episodes each
    assert panel["episodes"] == 600
    low, high = panel["rates"]["none"][1:]
    assert (low, high) == pytest.approx((17.93, 24.44), abs=0.005)  # Wilson's interval of 126 of 600
    assert panel["paper"]["none"] == 20.0


def test_seeds_that_differ_by_more_than_chance_widen_an_interval() -> None:
    assert interval({"none": 20.0, "episodes": 600}, "none") == (20.0, 16.99, 23.39)  # Wilson's
    spread = {"by_seed": {"none": [10.0, 20.0, 30.0]}}  # 20, and 4.3027 x 10 / sqrt(3)
    assert interval({"none": 20.0, "episodes": 600} | spread, "none") == (20.0, 0.0, 44.84)
    assert interval({"none": 0.0, "episodes": 600, "by_seed": {"none": [0.0] * 3}}, "none") == (0.0, 0.0, 0.64)


def test_curves_are_means_over_seeds_with_standard_errors(results: Path) -> None:
    (panel,) = json.loads((results / "figures" / "figure_08.json").read_text())["data"]["panels"]
    line = panel["lines"][0]
    first = [100 * success(Agent("tiny", seed, "aligned_prefft_left_44850"), 0) for seed in range(3)]
    assert line["seeds"] == 3
    assert line["mean"][0] == pytest.approx(sum(first) / 3, abs=0.01)
    assert line["error"][0] == pytest.approx(((first[0] - first[2]) ** 2 / 2 / 2 / 3) ** 0.5, rel=0.02)


def test_pictures_are_drawn(results: Path) -> None:
    for path in results.rglob("*.png"):
        assert matplotlib.image.imread(path)[..., :3].std() > 0.02, path


def test_results_are_small(results: Path) -> None:
    assert sum(path.stat().st_size for path in results.rglob("*")) < 5e6


def test_a_preset_without_figures_is_an_overview(tmp_path: Path) -> None:
    synthetic.write(tmp_path / "run", synthetic.preset("demo"), rates, accuracy, success)
    report.publish("demo", tmp_path / "run", tmp_path / "results")
    assert "## Claims" not in (tmp_path / "results" / "report.md").read_text()
    assert not (tmp_path / "results" / "figures").exists()
