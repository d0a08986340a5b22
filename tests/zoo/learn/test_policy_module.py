import json
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from micro import padzoo, preset

from padzoo.core.episode import episodes
from padzoo.datamodules.sets.archive import Archive
from padzoo.zoo.hub import hub as hub
from padzoo.zoo.learn.behavior_cloning import BehaviorCloning
from padzoo.zoo.learn.policy_module import PolicyModule
from padzoo.zoo.nets.gamepad_distribution import GamepadDistribution


@pytest.fixture(scope="module")
def module(policy: Path) -> Iterator[PolicyModule]:
    module = BehaviorCloning("tiny", init_from=str(policy), games=2, env_args={"max_steps": 10})
    yield module
    module.teardown("test")


def test_games_open_when_they_are_asked_for_and_close_with_the_stage(module: PolicyModule) -> None:
    threads = threading.active_count()
    for _ in range(2):
        pool = module.pool
        assert module.pool is pool
        assert pool.observations.shape == (2, 64, 64, 3)  # of the size that the policy sees
        assert threading.active_count() == threads + 2
        module.teardown("test")
        assert threading.active_count() == threads


def test_play_follows_the_seed_and_the_weights(module: PolicyModule) -> None:
    todo = episodes(0, 3)

    def actions(seed: int) -> np.ndarray:
        return np.concatenate([rollout.trajectory.actions for rollout in module.play(todo, seed)])

    first = actions(1)
    assert np.array_equal(first, actions(1))
    assert not np.array_equal(first, actions(2))
    with torch.no_grad():
        module.net.head[2].bias[0] += 50  # the button a is never pressed
    assert first[:, 0].any()
    assert not actions(1)[:, 0].any()


def test_testing_plays_and_writes_how_often_it_ended_how(policy: Path, shards: Path, tmp_path: Path) -> None:
    data = ["--data.train", shards, "--data.test_episodes", 3, "--data.test_batch_size", 2]
    game = ["--model.games", 2, "--model.env_args", '{"max_steps": 5}']
    options = [*data, *game, "--ckpt_path", policy, "--trainer.default_root_dir", tmp_path]
    assert padzoo("test", *preset("policy", "prefft"), *options) == 0
    figures = json.loads((tmp_path / "test.json").read_text())
    nobody_arrives = {name: 0.0 for name in ("left", "middle", "right", "success", "return")}  # in five steps
    assert figures == {"test/none": 1.0, **{f"test/{name}": rate for name, rate in nobody_arrives.items()}}


@torch.no_grad()
def test_predictions_are_features_most_likely_actions_and_log_probabilities(
    policy: Path, shards: Path, tmp_path: Path
) -> None:
    writer = ["--trainer.callbacks", "PredictionWriter", "--trainer.callbacks.out", tmp_path / "out"]
    options = ["--data.train", shards, "--data.predict", shards, "--ckpt_path", policy]
    root = ["--trainer.default_root_dir", tmp_path]
    assert padzoo("predict", *preset("policy", "prefft"), *options, *root, *writer) == 0
    net, archive = hub.load(policy, "policy"), Archive(shards)
    assert {path.stem for path in (tmp_path / "out").iterdir()} == set(archive.keys)
    trajectory = max(archive, key=len)
    assert len(trajectory) > 32
    distribution = GamepadDistribution(net.head(net.window_features(torch.from_numpy(trajectory.frames))))
    with np.load(tmp_path / "out" / f"{trajectory.key}.npz") as found:
        assert found["features"].shape == (len(trajectory), 128)
        assert (found["actions"] == distribution.mode().numpy()).mean() > 0.99  # near ties may fall either way
        actions = torch.from_numpy(trajectory.actions).long()
        torch.testing.assert_close(
            torch.from_numpy(found["log_probs"]), distribution.log_prob(actions), atol=1e-4, rtol=0
        )
