import sys
from pathlib import Path

import pytest
import torch
from micro import checkpoint, fit, padzoo, weights

from padzoo.datamodules.sets.shard_set import ShardSet
from padzoo.zoo import hub


@pytest.mark.usefixtures("own_modules")
def test_a_trunk_of_ones_own_learns_and_plays(shards: Path, tmp_path: Path) -> None:
    trunk = ["--data.train", shards, "--model.trunk", "trunk.GRU"]
    base = fit("policy", "prefft", tmp_path / "base", *trunk, "--model.trainable", "all")
    tuned = fit("policy", "prefft", tmp_path / "tuned", *trunk, "--model.init_from", base)
    assert checkpoint(tuned)["padzoo"]["config"]["trunk"] == "trunk.GRU"
    before, after = weights(base), weights(tuned)
    moved = {name.split(".")[0] for name in before if not torch.equal(before[name], after[name])}
    assert moved == {"head"}
    del sys.modules["trunk"]  # as in a new process
    play = ["--policy", tuned, "--episodes", 2, "--games", 2, "--env_args", '{"max_steps": 40}']  # the window slides
    assert padzoo("rollout", *play, "--out", tmp_path / "played") == 0
    assert [len(trajectory) for trajectory in ShardSet(tmp_path / "played")] == [40, 40]
    assert type(hub.load(tuned, "policy").trunk).__name__ == "GRU"
