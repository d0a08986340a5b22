import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from micro import checkpoint, fit, padzoo, preset

from padzoo import load
from padzoo.core.episode import Episode, Start
from padzoo.datamodules.sets.shard_set import ShardSet
from padzoo.zoo import hub


def test_an_agent_is_loaded_by_its_name(zoo_folder: Path) -> None:
    agent = load("policy_tiny.aligned", temperature=0, seed=3)
    assert (agent.temperature, agent.seed, agent.policy.training) == (0, 3, False)
    agent.reset([0], [Episode(Start(7))])
    assert agent.act(np.zeros((1, 64, 64, 3), dtype=np.uint8), [0]).actions.shape == (1, 16)
    assert load(zoo_folder / "policy_tiny.sft").temperature == 1
    with pytest.raises(ValueError, match=r"^reward_tiny\.left: expects a policy, got a reward model$"):
        load("reward_tiny.left")


def test_importing_the_zoo_is_fast() -> None:
    code = "import sys, padzoo; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "padzoo" in loaded
    assert not {"torch", "numpy", "yaml"} & set(loaded)


@pytest.mark.usefixtures("zoo_folder")
def test_a_name_is_a_checkpoint_in_every_command(
    shards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sft, left = hub.sha256("policy_tiny.sft"), hub.sha256("reward_tiny.left")
    start = ["--data.train", shards, "--model.init_from", "policy_tiny.sft"]
    parents = checkpoint(fit("policy", "prefft", tmp_path / "run", *start))["padzoo"]["about"]["parents"]
    assert parents == {"init_from": {"name": "policy_tiny.sft", "sha256": sft, "parents": {}}}
    assert padzoo("score", shards, "--reward", "reward_tiny.left", "--top", 0.1, "--out", tmp_path / "scored") == 0
    assert ShardSet(tmp_path / "scored").manifest.source["reward"] == left
    options = ["--episodes", 1, "--games", 1, "--env_args", '{"max_steps": 3}', "--out", tmp_path / "played"]
    assert padzoo("rollout", "--policy", "policy_tiny.sft", *options) == 0
    assert ShardSet(tmp_path / "played").manifest.source["policy"] == sft
    capsys.readouterr()
    for command in (["rollout", "--policy"], ["play"]):
        assert padzoo(*command, "policy_tiny.stf", "--episodes", 1, "--out", tmp_path / "none") == 2
        assert capsys.readouterr().err.startswith("padzoo: error: policy_tiny.stf: no such checkpoint")
    wrong = [
        "--data.train",
        shards,
        "--model.init_from",
        "policy_tiny.stf",
        "--trainer.default_root_dir",
        tmp_path / "none",
    ]
    assert padzoo("fit", *preset("policy", "prefft"), *wrong) == 2
    assert "did you mean 'policy_tiny.sft'" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()
