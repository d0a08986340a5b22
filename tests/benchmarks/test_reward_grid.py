import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
import reward_grid
from reward_grid import Grid


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The commands that were run; what they would have written is there."""
    found: list[str] = []

    def padzoo(*arguments: object) -> None:
        words = [str(argument) for argument in arguments]
        found.append(words[0])
        if words[0] == "prefer":
            assert int(words[words.index("--comparisons") + 1]) <= 6  # of four rollouts
            Path(words[words.index("--out") + 1]).touch()
            return
        root = Path(words[words.index("--trainer.default_root_dir") + 1])
        (root / "checkpoints").mkdir(parents=True, exist_ok=True)
        if words[0] == "fit":
            (root / "checkpoints" / "last.ckpt").touch()
        else:
            split = {"test/accuracy/between": 0.97, "test/accuracy/within": 0.8}
            (root / "test.json").write_text(json.dumps({"test/accuracy": 0.915, "test/loss": 0.2} | split))

    monkeypatch.setattr(reward_grid, "padzoo", padzoo)
    return found


@pytest.fixture
def grid(tmp_path: Path) -> Grid:
    """A grid of one model."""
    for split in ("train", "test"):
        folder = tmp_path / "rollouts" / "sft" / split
        folder.mkdir(parents=True)
        (folder / "index.json").write_text(json.dumps({"samples": 4}))
        os.utime(folder / "index.json", (0, 0))
    settings = {"criteria": {"left": "left"}, "pairs": "all", "configs": {"reward": "reward.yaml"}}
    amounts = {"encoders": ["agent"], "comparisons": [6], "subsets": 1}
    return Grid(tmp_path, "sft", "left", "sft.ckpt", settings | amounts)


def test_a_finished_grid_is_not_made_again(grid: Grid, ran: list[str]) -> None:
    (row,) = grid.run()
    which = {"encoder": "agent", "side": "left", "comparisons": 6, "seed": 0}
    assert row == which | {"accuracy": 91.5, "between": 97.0, "within": 80.0}
    assert ran == ["prefer", "fit", "prefer", "test"]
    assert grid.run() == [row]
    assert ran.count("fit") == ran.count("test") == 1


def test_a_test_without_categories_has_one_accuracy(tmp_path: Path) -> None:
    (tmp_path / "test.json").write_text('{"test/accuracy": 0.915, "test/loss": 0.2}')
    assert reward_grid.accuracies(tmp_path) == {"accuracy": 91.5}


def test_a_training_that_was_cut_off_is_made_again(grid: Grid, ran: list[str]) -> None:
    checkpoint = grid.model("agent", 6, 0) / "checkpoints" / "last.ckpt"
    checkpoint.parent.mkdir(parents=True)
    checkpoint.touch()  # as after Ctrl-C
    grid.run()
    assert "fit" in ran


def test_a_rollout_that_crashed_leaves_fewer_pairs(grid: Grid, ran: list[str]) -> None:
    grid.train("agent", 10, 0)  # of five rollouts, if none had crashed
    assert ran == ["prefer", "fit"]


def test_the_model_that_aligns_is_not_trained_twice(grid: Grid, ran: list[str]) -> None:
    grid.train("agent", 6, 0)
    grid.run()
    assert ran.count("fit") == 1


def test_an_accelerator_overrides_the_configuration(grid: Grid, ran: list[str]) -> None:
    assert "--trainer.accelerator" not in grid.options("agent", 6, 0)
    assert replace(grid, accelerator="gpu").options("agent", 6, 0)[-2:] == ["--trainer.accelerator", "gpu"]
