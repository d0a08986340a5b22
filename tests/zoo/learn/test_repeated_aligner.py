import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from micro import checkpoint, column, logged, padzoo

from padzoo.zoo.learn import repeated_aligner
from padzoo.zoo.learn.aligner import Aligner
from padzoo.zoo.learn.repeated_aligner import RepeatedAligner

SHORT = ["--game.args", '{"max_steps": 6}', "--model.games", 2, "--data.batch_size", 4]
ALGORITHMS = ["grpo", "ppo", "rest"]


def command(algorithm: str, policy: Path, reward: Path, root: Path, *more: object) -> list[object]:
    given = ["--config", f"experiment/{algorithm}.yaml", "--model.policy", policy, "--model.reward", reward, *SHORT]
    given += ["--model.epochs", 2, "--model.minibatches", 2, "--trainer.default_root_dir", root]
    return given + (["--data.group", 2] if algorithm == "grpo" else []) + [*more]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_training_resumes_between_two_batches_of_play(
    algorithm: str, policy: Path, reward: Path, tmp_path: Path
) -> None:
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    assert padzoo("fit", *command(algorithm, policy, reward, whole, "--trainer.max_steps", 8)) == 0
    assert padzoo("fit", *command(algorithm, policy, reward, cut, "--trainer.max_steps", 4)) == 0
    again = command(algorithm, policy, reward, cut, "--trainer.max_steps", 8, "--ckpt_path", "last")
    assert padzoo("fit", *again) == 0
    one, other = (checkpoint(root / "checkpoints" / "last.ckpt") for root in (whole, cut))
    assert one["global_step"] == other["global_step"] == 8
    assert all(torch.equal(value, other["state_dict"][name]) for name, value in one["state_dict"].items())
    assert ("critic.0.weight" in one["state_dict"]) == (algorithm == "ppo")


def test_an_update_has_episodes_to_learn_from(policy: Path, reward: Path, tmp_path: Path) -> None:
    two_of_four = ["--model.top", 0.5, "--model.minibatches", 4, "--trainer.max_steps", 4]  # 2 passes of 2 updates
    assert padzoo("fit", *command("rest", policy, reward, tmp_path, *two_of_four, *logged(tmp_path))) == 0
    assert len(column(tmp_path, "train/reward")) == 1  # one batch of play
    assert checkpoint(tmp_path / "checkpoints" / "last.ckpt")["global_step"] == 4


def test_a_training_without_anything_to_learn_from_ends(
    policy: Path, reward: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(repeated_aligner, "PATIENCE", 2)
    monkeypatch.setattr(Aligner, "prepare", lambda self, experience: None)
    assert padzoo("fit", *command("grpo", policy, reward, tmp_path, "--trainer.max_steps", 8)) == 2
    assert "update 0: nothing to learn from in 2 batches of play" in capsys.readouterr().err


def test_gradients_that_are_scaled_are_not_clipped() -> None:  # 16-mixed is for GPUs alone
    trainer: Any = SimpleNamespace(precision="16-mixed", gradient_clip_val=1.0, gradient_clip_algorithm=None)
    module: Any = SimpleNamespace()
    with pytest.raises(ValueError, match=r"16-mixed: .* cannot clip gradients that are scaled; allowed: bf16-mixed"):
        RepeatedAligner.clip_by_itself(module, trainer)
    trainer.gradient_clip_val = None
    RepeatedAligner.clip_by_itself(module, trainer)
    assert module.clip == (None, None)


@pytest.mark.parametrize("option", [["--model.scale", "batch"], ["--model.kl_in", "reward"]])
def test_the_best_are_imitated_alike(
    option: list[object], policy: Path, reward: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert padzoo("fit", *command("rest", policy, reward, tmp_path, "--trainer.max_steps", 1, *option)) == 2
    assert "allowed: none, loss" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--model.epochs", 0], "model.epochs 0: allowed: 1 or more"),
        (["--trainer.accumulate_grad_batches", 2], "accumulation is not supported for manual"),
        (["--model.gae_lambda", 2], "model.gae_lambda 2.0: allowed: 0 to 1"),
        (["--model.drop_even", "true"], "model.drop_even True: allowed: none, false"),
    ],
)
def test_what_has_no_meaning_is_refused(
    options: list[object], message: str, policy: Path, reward: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert padzoo("fit", *command("ppo", policy, reward, tmp_path, "--trainer.max_steps", 1, *options)) == 2
    assert re.search(message, capsys.readouterr().err)
