import json
from pathlib import Path

import pytest
from micro import checkpoint, fit, padzoo

from padzoo.datamodules.sets.shard_set import ShardSet

MINE = "game: {id: 'game:Colours-v0'}\n"


@pytest.mark.usefixtures("own_modules")
def test_a_game_of_ones_own_is_played_and_aligned_in(policy: Path, reward: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(MINE)
    for name, env in (("id", "game:Colours-v0"), ("file", tmp_path / "mine.yaml")):
        options = ["--policy", policy, "--env", env, "--episodes", 4, "--games", 2, "--out", tmp_path / name]
        assert padzoo("rollout", *options) == 0
        outcomes = json.loads((tmp_path / name / "outcomes.json").read_text())
        assert set(outcomes) == {"none", "success", "episodes"}
    one, other = (ShardSet(tmp_path / name) for name in ("id", "file"))
    assert [t.actions.tolist() for t in one] == [t.actions.tolist() for t in other]
    assert "character" not in one[0].meta
    start = ["--config", tmp_path / "mine.yaml", "--model.policy", policy, "--model.reward", reward]
    aligned = fit("reinforce", "aligned", tmp_path / "run", *start, "--trainer.max_steps", 1)
    assert checkpoint(aligned)["global_step"] == 1
    assert checkpoint(aligned)["hyper_parameters"]["game"]["id"] == "game:Colours-v0"


@pytest.mark.usefixtures("own_modules")
def test_pre_training_plays_in_it_for_its_checkpoint(shards: Path, tmp_path: Path) -> None:
    root = ["--data.train", shards, "--game.id", "game:Colours-v0"]
    last = fit("policy", "base", tmp_path / "run", *root)
    (state,) = (state for name, state in checkpoint(last)["callbacks"].items() if name.startswith("ModelCheckpoint"))
    assert state["monitor"] == "closed_loop/success"
