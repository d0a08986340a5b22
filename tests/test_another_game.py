"""The whole path on a game that is not ours: ViZDoom's `VizdoomBasic`, dictionary observations and four actions."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from micro import checkpoint, fit, padzoo, weights

from padzoo.core.gamepad import NEUTRAL, SIZES
from padzoo.core.trajectory import Trajectory
from padzoo.datamodules.sets.shard_set import ShardSet
from padzoo.datamodules.sets.writer import ShardWriter
from padzoo.envs.game_pool import GamePool

GAME = "vizdoom.gymnasium_wrapper:VizdoomBasic-v1"
ARGUMENTS = {"frame_skip": 4}  # 300 tics at most: 75 steps
PLAY = ["--env", GAME, "--env_args", json.dumps(ARGUMENTS), "--games", 2]


def record_a_random_player(out: Path, episodes: int) -> None:
    rng = np.random.default_rng(0)
    with GamePool(GAME, 1, {**ARGUMENTS, "size": 64}) as pool, ShardWriter(out, source={"player": "random"}) as writer:
        for episode in range(episodes):
            pool.reset(0, episode)
            frames, actions, transition = [], [], pool.wait(0)
            while not (transition.terminated or transition.truncated):
                frames.append(pool.observations[0].copy())
                actions.append(np.array(NEUTRAL, np.int64))
                actions[-1][:3] = rng.integers(0, SIZES[0], 3)
                pool.step(0, actions[-1])
                transition = pool.wait(0)
            meta = {"seed": episode, "outcome": transition.info["outcome"], "player": "random"}
            played = np.stack(actions).astype(np.int8)
            writer.write(Trajectory(f"random-{episode}", np.stack(frames), played, None, meta))


@pytest.fixture(scope="module", autouse=True)
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A current folder for this game to litter."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("elsewhere"))
        yield


@pytest.fixture(scope="module")
def demonstrations(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("game") / "demonstrations"
    record_a_random_player(out, 6)
    return out


@pytest.fixture(scope="module")
def base(demonstrations: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A policy cloned from the random player; it played in the game for its checkpoint to be chosen."""
    game = ["--game.id", GAME, "--game.args", json.dumps(ARGUMENTS)]
    root = tmp_path_factory.mktemp("base")
    return fit("policy", "base", root, "--data.train", demonstrations, *game).with_name("best.ckpt")


@pytest.fixture(scope="module")
def rollouts(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("rollouts") / "set"
    assert padzoo("rollout", "--policy", base, "--episodes", 5, *PLAY, "--out", out) == 0
    return out


def test_rollouts_are_recorded_with_the_games_own_outcomes(rollouts: Path) -> None:
    outcomes = json.loads((rollouts / "outcomes.json").read_text())
    assert set(outcomes) == {"none", "success", "episodes"}
    assert outcomes["episodes"] == len(ShardSet(rollouts)) == 5
    for trajectory in ShardSet(rollouts):
        assert trajectory.frames.shape[1:] == (64, 64, 3)
        assert trajectory.frames.std() > 10
        assert trajectory.positions is None


def test_the_policy_is_aligned_with_preferences_of_ones_own(base: Path, rollouts: Path, tmp_path: Path) -> None:
    preferences = tmp_path / "preferences.jsonl"
    options = ["--criterion", "criteria.later", "--comparisons", 10, "--out", preferences]
    assert padzoo("prefer", rollouts, *options) == 0
    data = ["--data.train", rollouts, "--data.train_preferences", preferences]
    reward = fit("reward", "reward", tmp_path / "reward", "--model.policy", base, *data)
    game = ["--game.id", GAME, "--game.args", json.dumps(ARGUMENTS)]
    options = ["--model.policy", base, "--model.reward", reward, *game, "--trainer.max_steps", 1]
    aligned = fit("reinforce", "aligned", tmp_path / "aligned", *options)
    assert checkpoint(aligned)["global_step"] == 1
    assert not torch.equal(weights(aligned)["head.2.weight"], weights(base)["head.2.weight"])


def test_it_is_filmed(base: Path, tmp_path: Path) -> None:
    options = ["--episodes", 1, "--size", 48, "--out", tmp_path / "film.gif", *PLAY[:-2]]
    assert padzoo("play", base, *options) == 0
    assert (tmp_path / "film.gif").stat().st_size > 1000
