import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import zoo


def test_an_agent_is_loaded_by_its_name(zoo_folder: Path) -> None:
    agent = zoo.load("policy_tiny.aligned", temperature=0, seed=3)
    assert (agent.temperature, agent.seed, agent.policy.training) == (0, 3, False)
    agent.reset([0], [7])
    assert agent.act(np.zeros((1, 64, 64, 3), dtype=np.uint8), [0]).shape == (1, 16)
    assert zoo.load(zoo_folder / "policy_tiny.sft").temperature == 1
    with pytest.raises(ValueError, match=r"^reward_tiny\.left: expects a policy, got a reward model$"):
        zoo.load("reward_tiny.left")


def test_importing_the_zoo_is_fast() -> None:
    code = "import sys, zoo; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "zoo" in loaded
    assert not {"torch", "numpy", "yaml"} & set(loaded)
