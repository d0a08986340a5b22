"""Networks trained for a moment through the command line, as users do it."""

from pathlib import Path

import pytest

from zoo.cli import main

MICRO = "configs/preset/micro"


def fit(experiment: str, stage: str, root: Path, *arguments: object) -> Path:
    """Runs `padzoo fit` with a preset of two updates and returns its last checkpoint."""
    configs = ["--config", f"configs/experiment/{experiment}.yaml", "--config", f"{MICRO}/{stage}.yaml"]
    assert main(["fit", *configs, "--trainer.default_root_dir", str(root), *map(str, arguments)]) == 0
    return root / "checkpoints" / "last.ckpt"


@pytest.fixture(scope="session")
def policy(shards: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of a policy after two updates on the patterns."""
    return fit("policy", "base", tmp_path_factory.mktemp("policy"), "--data.train", shards)


@pytest.fixture(scope="session")
def preferences(shards: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All preferences for the left pad among 15 of the patterns."""
    path = tmp_path_factory.mktemp("preferences") / "left.jsonl"
    arguments = ["--criterion", "left", "--comparisons", "105", "--out", str(path)]
    assert main(["prefer", str(shards), *arguments]) == 0
    return path


@pytest.fixture(scope="session")
def reward(shards: Path, preferences: Path, policy: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of a reward model after two updates."""
    data = ["--data.train", shards, "--data.train_preferences", preferences]
    return fit("reward", "reward", tmp_path_factory.mktemp("reward"), "--model.policy", policy, *data)
