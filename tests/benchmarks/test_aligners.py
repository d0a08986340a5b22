"""The comparison of aligners, on trainings that are done: it trains what is missing alone."""

import importlib
import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from subprocess import CalledProcessError
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
    """Writes what a training came to: of 384 episodes all after the 32nd reach the pad."""
    cell = algorithms.Cell(name, "sft", side, seed, settings, 384)
    other = {"left": "right", "right": "left"}[side]
    outcomes = {"none": 90 - success, side: success, other: 10.0, "middle": 0.0, "episodes": 100}
    result = algorithms.Result(cell, [0.0] + [1.0] * 11, 32, 2.5, 10.0, outcomes)
    (out / f"{cell.name}.json").write_text(json.dumps(asdict(result)))


@pytest.fixture
def run(algorithms: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    aligners = importlib.import_module("aligners")

    def report(*words: str) -> str:
        where = ["--run", str(tmp_path / "run"), "--out", str(tmp_path), "--episodes", "384", "--fresh", "100"]
        monkeypatch.setattr(sys, "argv", ["aligners.py", *where, *words])
        aligners.main()
        return capsys.readouterr().out

    return report


def test_tables_have_rates_differences_and_when_success_was_reached(algorithms: Any, run: Run, tmp_path: Path) -> None:
    (tmp_path / "chosen.json").write_text(json.dumps({"seeds": [10, 11], "settings": {"ppo": CHOSEN}}))
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
    # differences 10, 14, 10: 11.33, and 4.303 x 2.309 / sqrt(3) = 5.74 to either side
    assert line.split(" | ")[1:3] == ["**64.0** (60.0 to 66.0)", "+11.3 (+5.6 to +17.1)"]
    assert line.split(" | ")[3:] == ["10.0", "224", "2.5", "10 |"]  # 6 batches of successes end with the 7th
    assert "chosen on seeds [10, 11]" in found
    assert (tmp_path / "aligners.png").stat().st_size > 1000


def test_the_settings_of_the_highest_mean_are_chosen(algorithms: Any, run: Run, tmp_path: Path) -> None:
    tried = algorithms.ALGORITHMS["ppo"].settings()
    for at, settings in enumerate(tried):
        for side in ("left", "right"):
            write(algorithms, tmp_path, "ppo", side, 10, 50 + at % 3, settings)
            write(algorithms, tmp_path, "ppo", side, 11, 50 + 3 * (at == 3), settings)
    (tmp_path / "chosen.json").write_text(json.dumps({"seeds": [10], "settings": {"grpo, 8 of a start": {}}}))
    run("--algorithms", "ppo", "best of 8", "--seeds", "10", "11", "--tune")
    settings = {"grpo, 8 of a start": {}, "ppo": tried[3]}
    assert json.loads((tmp_path / "chosen.json").read_text()) == {"seeds": [10, 11], "settings": settings}
    with pytest.raises(SystemExit, match=r"--seeds \[11\]: settings were chosen on them"):
        run("--algorithms", "ppo", "--seeds", "11", "12")


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        (["--episodes", "400"], "--episodes 400: allowed: a multiple of 192"),
        (["--fresh", "99"], "allowed: another --out"),
    ],
)
def test_results_of_other_numbers_are_not_taken_for_these(
    algorithms: Any, run: Run, tmp_path: Path, words: list[str], refusal: str
) -> None:
    for side in ("left", "right"):
        write(algorithms, tmp_path, "best of 8", side, 0, 50, {})
    run("--algorithms", "best of 8", "--seeds", "0")
    with pytest.raises(SystemExit, match=refusal):
        run("--algorithms", "best of 8", "--seeds", "0", *words)


def test_results_of_another_agent_are_not_taken_for_this_ones(algorithms: Any, run: Run, tmp_path: Path) -> None:
    for side in ("left", "right"):
        write(algorithms, tmp_path, "best of 8", side, 0, 50, {})
        reward = tmp_path / "run" / "tiny-0" / "reward" / "sft" / side / "agent-44850-0" / "checkpoints"
        for path in (tmp_path / "run" / "tiny-0" / "agents" / "sft.ckpt", reward / "last.ckpt"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
    with pytest.raises(SystemExit, match="of another agent, reward model"):
        run("--algorithms", "best of 8", "--seeds", "0")


def test_a_training_whose_loss_became_infinite_counts_as_no_success_and_another_error_stops_at_the_end(
    algorithms: Any, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "chosen.json").write_text(json.dumps({"seeds": [10], "settings": {"ppo": CHOSEN}}))
    said, tried = ["update 3: the loss is inf", "no space left"], []

    def fails(log: Path, *words: object) -> None:
        tried.append(log)
        log.parent.mkdir(parents=True, exist_ok=True)
        Path(f"{log}.log").write_text(said[0])
        raise CalledProcessError(2, "padzoo")

    monkeypatch.setattr(sys.modules["aligners"], "padzoo", fails)
    assert "| ppo | **0.0** (0.0 to 0.0) |" in run("--algorithms", "ppo", "--seeds", "0", "--jobs", "1")
    said[0] = "no space left on device"
    with pytest.raises(CalledProcessError):
        run("--algorithms", "ppo", "--seeds", "1", "--jobs", "1")
    assert len(tried) == 4  # of both sides each time


def test_each_algorithm_chooses_from_as_many_settings(algorithms: Any) -> None:
    counts = {name: len(each.settings()) for name, each in algorithms.ALGORITHMS.items() if each.tried}
    assert set(counts.values()) == {6}
    assert all(each.like in counts for each in algorithms.ALGORITHMS.values() if each.like)
