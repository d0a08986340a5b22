import re
from pathlib import Path

import pytest
import torch
from micro import checkpoint, padzoo

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
