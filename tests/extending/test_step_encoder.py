import json
import sys
from pathlib import Path

import numpy as np
import pytest
from micro import checkpoint, fit, padzoo

from padzoo.zoo import hub


@pytest.fixture
def data(shards: Path, preferences: Path, policy: Path) -> list[object]:
    """What a reward model trains on, as options."""
    return ["--data.train", shards, "--data.train_preferences", preferences, "--model.policy", policy]


@pytest.mark.usefixtures("own_modules")
def test_a_step_encoder_of_ones_own_is_trained_on_and_scores(
    data: list[object],
    shards: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    options = ["--model.encoder", "step_encoder.Colours", "--model.components", 16]
    last = fit("reward", "reward", tmp_path / "reward", *data, *options)
    kind = {"kind": "step_encoder.Colours", "image_size": 64, "ranges": 8}
    assert checkpoint(last)["padzoo"]["config"] == {"encoder": kind, "steps": 100, "components": 16}
    del sys.modules["step_encoder"]  # as in a new process
    assert padzoo("score", shards, "--reward", last, "--out", tmp_path / "scored") == 0
    rewards = [*json.loads((tmp_path / "scored" / "rewards.json").read_text()).values()]
    assert np.std(rewards) > 0.1
    encoder = hub.load(last, "reward").encoder
    assert type(encoder).__name__ == "Colours"


def test_a_checkpoint_without_its_module_is_refused(
    data: list[object], own_modules: Path, shards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--model.encoder", "step_encoder.Colours", "--model.components", "null"]
    last = fit("reward", "reward", tmp_path / "reward", *data, *options)
    del sys.modules["step_encoder"]
    (own_modules / "step_encoder.py").unlink()
    capsys.readouterr()
    assert padzoo("score", shards, "--reward", last, "--out", tmp_path / "none") == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"padzoo: error: {last}: cannot build a reward model from its description: step_encoder ")
    assert line.endswith("'step_encoder.Colours': cannot import step_encoder: No module named 'step_encoder'")


@pytest.mark.usefixtures("own_modules")
def test_a_step_encoder_that_is_not_there_is_said_in_one_line(
    data: list[object], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = ["--trainer.max_steps", 1, "--trainer.default_root_dir", tmp_path / "none"]
    model = ["fit", "--model", "RewardModel", "--data", "Preferences", *root]
    for name, message in (
        ("agnt", "step_encoder 'agnt': not known; did you mean 'agent'?"),
        ("step_encoder.Colour", "step_encoder 'step_encoder.Colour': module step_encoder has no 'Colour'"),
        ("reward_head.Attention", "allowed: a subclass of padzoo.zoo.nets.step_encoder.StepEncoder"),
    ):
        assert padzoo(*model, *data, "--model.encoder", name) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert message in line
    assert not (tmp_path / "none").exists()
