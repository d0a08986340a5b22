import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from micro import checkpoint, column, logged, padzoo, preset

from padzoo.callbacks.plateau import Plateau, better

BATCH = 16  # episodes
BLOCK = 2000 // BATCH


def rates(successes: float | np.ndarray[Any, Any], blocks: int = 1, seed: int = 0) -> list[float]:
    """Draws the share of 16 episodes that succeed, batch after batch."""
    return list(np.random.default_rng(seed).binomial(BATCH, successes, BLOCK * blocks) / BATCH)


@pytest.mark.parametrize("rate", [0.05, 0.5, 0.98])
def test_noise_is_no_gain(rate: float) -> None:
    """One in forty blocks is two standard errors above the one before by chance."""
    found = sum(better(rates(rate, seed=2 * seed), rates(rate, seed=2 * seed + 1), 2.0) for seed in range(200))
    assert found <= 12


def test_a_gain_of_five_points_in_2000_episodes_is_one() -> None:
    found = sum(better(rates(0.55, seed=2 * seed), rates(0.5, seed=2 * seed + 1), 2.0) for seed in range(200))
    assert found >= 150


def test_readings_that_are_all_the_same_are_no_gain() -> None:
    assert not better([1.0, 1.0], [1.0, 1.0], 2.0)
    assert better([1.0, 1.0], [0.9, 0.9], 2.0)
    assert not better([0.1, 0.2], [0.8, 0.9], 2.0)  # what falls is no gain either


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"episodes": 1}, "Plateau: episodes 1; allowed: 2 or more"),
        ({"standard_errors": -1.0}, "Plateau: standard_errors -1.0; allowed: 0 or more"),
        ({"standard_errors": float("nan")}, "Plateau: standard_errors nan; allowed: 0 or more"),
    ],
)
def test_other_settings_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Plateau(**arguments)


def command(policy: Path, reward: Path, root: Path, callback: dict[str, Any], *more: object) -> list[object]:
    """A training of batches of two short episodes, ten at most."""
    found = json.dumps({"class_path": "Plateau", "init_args": callback})
    short = ["--game.args", '{"max_steps": 3}', "--trainer.max_steps", 10, "--trainer.callbacks", f"[{found}]"]
    given = ["--model.policy", policy, "--model.reward", reward, "--trainer.default_root_dir", root]
    return ["fit", *preset("reinforce", "aligned"), *given, *short, *more]


FLAT = {"monitor": "train/steps", "episodes": 4}  # every episode has three steps: a curve that is flat


def test_a_flat_curve_ends_the_training_after_two_blocks(policy: Path, reward: Path, tmp_path: Path) -> None:
    assert padzoo(*command(policy, reward, tmp_path, FLAT, *logged(tmp_path / "log"))) == 0
    assert column(tmp_path / "log", "train/steps") == [3.0] * 4
    found = checkpoint(tmp_path / "checkpoints" / "last.ckpt")
    assert found["global_step"] == 4
    assert padzoo(*command(policy, reward, tmp_path, FLAT, "--ckpt_path", "last")) == 0  # it stays ended
    assert checkpoint(tmp_path / "checkpoints" / "last.ckpt")["global_step"] == 4


def test_a_resumed_training_ends_where_it_would_have_ended(
    policy: Path, reward: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert padzoo(*command(policy, reward, tmp_path, FLAT, "--trainer.max_steps", 3)) == 0  # within the second block
    found = checkpoint(tmp_path / "checkpoints" / "last.ckpt")["callbacks"]["Plateau"]
    assert (found["before"], found["block"], found["played"]) == ([3.0, 3.0], [3.0], 2)
    assert padzoo(*command(policy, reward, tmp_path, FLAT | {"episodes": 6}, "--ckpt_path", "last")) == 2
    assert "the training has Plateau with episodes 4, now 6" in capsys.readouterr().err
    assert padzoo(*command(policy, reward, tmp_path, FLAT, "--ckpt_path", "last")) == 0
    assert checkpoint(tmp_path / "checkpoints" / "last.ckpt")["global_step"] == 4


def test_a_curve_that_is_not_logged_is_refused(
    policy: Path, reward: Path, shards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert padzoo(*command(policy, reward, tmp_path, {"monitor": "train/lefd"})) == 2
    assert "Plateau: monitor 'train/lefd'; allowed: train/crashed, " in capsys.readouterr().err
    cloning = [*preset("policy", "base"), "--data.train", shards, "--trainer.callbacks", "Plateau"]
    assert padzoo("fit", *cloning, "--trainer.default_root_dir", tmp_path) == 2
    assert "Plateau: BehaviorCloning has no episodes; allowed: aligners that play" in capsys.readouterr().err
