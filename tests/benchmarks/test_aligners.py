"""The comparison of aligners, on trainings that are done: it trains what is missing alone."""

import importlib
import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
Run = Callable[..., str]
CHOSEN: dict[str, Any] = {"model.lr": 1e-3, "model.epochs": 2}


@pytest.fixture
def algorithms(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("algorithms")


def write(
    algorithms: Any, out: Path, name: str, side: str, seed: int, success: float, settings: dict[str, Any]
) -> None:
    """Writes what a training came to: of 320 episodes all after the 32nd reach the pad."""
    cell = algorithms.Cell(name, "sft", side, seed, settings, 320)
    other = {"left": "right", "right": "left"}[side]
    outcomes = {"none": 90 - success, side: success, other: 10.0, "middle": 0.0, "episodes": 100}
    result = algorithms.Result(cell, [0.0] + [1.0] * 9, 32, 2.5, 10.0, outcomes)
    (out / f"{cell.name}.json").write_text(json.dumps(asdict(result)))


@pytest.fixture
def run(algorithms: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    aligners = importlib.import_module("aligners")

    def report(*words: str) -> str:
        where = ["--run", str(tmp_path / "run"), "--out", str(tmp_path), "--episodes", "320", "--fresh", "100"]
        monkeypatch.setattr(sys, "argv", ["aligners.py", *where, *words])
        aligners.main()
        return capsys.readouterr().out

    return report


def test_tables_have_rates_differences_and_when_success_was_reached(algorithms: Any, run: Run, tmp_path: Path) -> None:
    (tmp_path / "chosen.json").write_text(json.dumps({"ppo": CHOSEN}))
    for side in ("left", "right"):
        for seed, (paper, ppo) in enumerate([(50, 60), (52, 66), (54, 64)]):
            write(algorithms, tmp_path, "reinforce, the paper's", side, seed, paper, {})
            write(algorithms, tmp_path, "ppo", side, seed, ppo, CHOSEN)
    found = run("--algorithms", "reinforce, the paper's", "ppo", "--seeds", "0", "1", "2")
    (line,) = [
        line
        for line in found.partition("to the left pad")[2].partition("##")[0].splitlines()
        if line.startswith("| ppo")
    ]
    # 190 of 300 episodes; differences 10, 14, 10: 11.33, and 4.303 x 2.309 / sqrt(3) = 5.74 to either side
    assert line.split(" | ")[1:4] == ["**64.0** (60.0 to 66.0)", "63.3 (57.7 to 68.6)", "+11.3 (+5.6 to +17.1)"]
    assert line.split(" | ")[4:] == ["10.0", "192", "2.5", "10 |"]  # 5 batches of successes end after the 6th
    assert (tmp_path / "aligners.png").stat().st_size > 1000


def test_the_settings_of_the_highest_mean_are_chosen(algorithms: Any, run: Run, tmp_path: Path) -> None:
    tried = algorithms.ALGORITHMS["ppo"].settings()
    for at, settings in enumerate(tried):
        for side in ("left", "right"):
            write(algorithms, tmp_path, "ppo", side, 10, 50 + at % 3, settings)
            write(algorithms, tmp_path, "ppo", side, 11, 50 + 3 * (at == 3), settings)
    run("--algorithms", "ppo", "best of 8", "--seeds", "10", "11", "--tune")
    assert json.loads((tmp_path / "chosen.json").read_text()) == {"ppo": tried[3]}


def test_each_algorithm_chooses_from_as_many_settings(algorithms: Any) -> None:
    counts = {name: len(each.settings()) for name, each in algorithms.ALGORITHMS.items() if each.tried}
    assert set(counts.values()) == {6}
    assert all(each.like in counts for each in algorithms.ALGORITHMS.values() if each.like)
