from pathlib import Path

import pytest
import torch
from micro import CONFIGS, checkpoint, padzoo, weights


@pytest.mark.usefixtures("own_modules")
def test_an_aligner_of_ones_own_aligns_and_resumes(policy: Path, reward: Path, tmp_path: Path) -> None:
    data = ["--data", CONFIGS / "data/episodes.yaml", "--data.batch_size", 2, "--trainer", CONFIGS / "trainer/cpu.yaml"]
    model = ["--model", "aligner.BetterHalf", "--model.policy", policy, "--model.reward", reward, "--model.games", 2]
    game = ["--game.args", '{"max_steps": 5}', "--trainer.default_root_dir", tmp_path, *data]
    last = tmp_path / "checkpoints" / "last.ckpt"
    for steps, resume in ((1, []), (2, ["--ckpt_path", "last"])):
        assert padzoo("fit", *model, *game, "--trainer.max_steps", steps, *resume) == 0
        assert checkpoint(last)["global_step"] == steps
    assert not torch.equal(weights(last)["head.2.weight"], weights(policy)["head.2.weight"])
    assert padzoo("rollout", "--policy", last, "--episodes", 1, "--games", 1, "--out", tmp_path / "played") == 0
