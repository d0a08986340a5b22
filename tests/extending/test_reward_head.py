import sys
from pathlib import Path

import pytest
import torch
from micro import checkpoint, fit, padzoo, weights

from padzoo.zoo import hub


@pytest.mark.usefixtures("own_modules")
def test_a_reward_head_of_ones_own_learns_and_scores(
    shards: Path, preferences: Path, policy: Path, tmp_path: Path
) -> None:
    data = ["--data.train", shards, "--data.train_preferences", preferences, "--model.policy", policy]
    last = fit("reward", "reward", tmp_path / "reward", *data, "--model.head", "reward_head.Attention")
    assert checkpoint(last)["padzoo"]["config"]["head"] == "reward_head.Attention"
    assert weights(last)["head.relevance.weight"].shape == (1, 32)
    del sys.modules["reward_head"]  # as in a new process
    assert padzoo("score", shards, "--reward", last, "--top", 0.5, "--out", tmp_path / "best") == 0
    again = hub.load(last, "reward")
    assert torch.equal(again.head.state_dict()["score.weight"], weights(last)["head.score.weight"])
