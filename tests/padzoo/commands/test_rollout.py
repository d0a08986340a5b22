import json
from pathlib import Path

import numpy as np
import pytest
import torch
from micro import padzoo

from padzoo.commands.device import find_device
from padzoo.core.episode import Episode, episodes
from padzoo.datamodules.sets.shard_set import ShardSet
from padzoo.envs.arena import Arena
from padzoo.envs.game import Game
from padzoo.zoo import hub
from padzoo.zoo.nets.reward import RewardNet
from padzoo.zoo.play.agent import Agent


@pytest.fixture(scope="module")
def played(policy: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("rollout") / "set"
    assert padzoo("rollout", "--policy", policy, "--episodes", 3, "--seed", 7, "--games", 2, "--out", out) == 0
    return out


def test_outcomes_are_percentages_of_the_recorded_episodes(played: Path) -> None:
    archive = ShardSet(played)
    found = json.loads((played / "outcomes.json").read_text())
    assert list(found) == ["none", "left", "middle", "right", "episodes"]
    assert found.pop("episodes") == len(archive) == 3
    ends = [trajectory.meta["outcome"] for trajectory in archive]
    assert found == {name: round(100 * ends.count(name) / 3, 2) for name in found}
    assert sorted(path.name for path in played.parent.iterdir()) == ["set"]


def test_the_set_says_what_played_it(played: Path, policy: Path) -> None:
    source = ShardSet(played).manifest.source
    assert source["policy"] == hub.sha256(policy)
    assert (source["seed"], source["episodes"], source["temperature"]) == (7, 3, 1.0)
    for trajectory in ShardSet(played):
        assert trajectory.meta["character"] == "ninja"
        assert trajectory.frames.shape[1:] == (64, 64, 3)


def test_episodes_follow_the_seed_whatever_the_number_of_games(played: Path, policy: Path, tmp_path: Path) -> None:
    options = ["--policy", policy, "--episodes", 2, "--games", 1]
    assert padzoo("rollout", *options, "--seed", 7, "--out", tmp_path / "again") == 0
    for mine, theirs in zip(ShardSet(tmp_path / "again"), ShardSet(played), strict=False):
        assert np.array_equal(mine.actions, theirs.actions)
        assert np.array_equal(mine.frames, theirs.frames)


def test_several_processes_play_the_same(policy: Path, reward: Path, tmp_path: Path) -> None:
    options = ["--policy", policy, "--episodes", 5, "--games", 4, "--env_args", '{"max_steps": 6}', "--seed", 3]
    for name, more in (("plain", []), ("best", ["--best_of", 2, "--reward", reward])):
        for processes in (1, 2):
            out = tmp_path / f"{name}-{processes}"
            assert padzoo("rollout", *options, *more, "--processes", processes, "--out", out) == 0
        one, two = (tmp_path / f"{name}-{processes}" / "index.json" for processes in (1, 2))
        assert one.read_bytes() == two.read_bytes()  # the hashes of the shards are in it


def test_what_goes_wrong_in_a_process_is_said_in_one_line(
    policy: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    options = ["--policy", policy, "--episodes", 2, "--games", 2, "--processes", 2, "--out", tmp_path / "set"]
    assert padzoo("rollout", *options, "--env_args", '{"max_step": 6}') == 2
    (line,) = capfd.readouterr().err.splitlines()
    assert "max_step" in line
    assert padzoo("rollout", *options, "--processes", 3) == 2
    assert "--processes 3: allowed: 1 to 2, a game and an episode each" in capfd.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_options_and_temperature_are_as_asked(policy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--policy", policy, "--episodes", 1, "--games", 1, "--temperature", 0]
    assert padzoo("rollout", *options, "--options", '{"spawn": 2, "character": null}', "--out", tmp_path / "set") == 0
    (trajectory,) = ShardSet(tmp_path / "set")
    assert trajectory.meta["spawn"] == 2
    assert trajectory.meta["character"] != "ninja"  # drawn from the seed
    assert "95 %" in capsys.readouterr().out


def test_a_policy_is_asked_for(reward: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert padzoo("rollout", "--policy", reward, "--episodes", 1, "--out", tmp_path / "set") == 2
    assert capsys.readouterr().err == f"padzoo: error: {reward}: expects a policy, got a reward model\n"
    assert list(tmp_path.iterdir()) == []


def test_the_network_can_play_in_half_precision(policy: Path, tmp_path: Path) -> None:
    options = ["--policy", policy, "--episodes", 1, "--games", 1, "--precision", "bf16-true"]
    assert padzoo("rollout", *options, "--env_args", '{"max_steps": 5}', "--out", tmp_path / "set") == 0
    archive = ShardSet(tmp_path / "set")
    assert archive.manifest.source["precision"] == "bf16-true"
    assert archive.manifest.source["device"] == find_device("auto").type
    assert len(archive[0]) == 5


def test_another_game_says_how_it_was_adapted(policy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--policy", policy, "--episodes", 2, "--games", 1, "--out", tmp_path / "set"]
    cameras = ["--env", "foreign_games:Habit-two_cameras-v0"]
    assert padzoo("rollout", *options, *cameras) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("NAME, one of left, right")
    assert padzoo("rollout", *options, *cameras, "--env_args", '{"picture": "right", "size": 7}') == 0
    source = ShardSet(tmp_path / "set").manifest.source
    assert (source["env_args"], source["picture"]) == ({"size": 7}, "right")


def test_a_policy_sees_frames_of_its_own_size(policy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--episodes", 1, "--env_args", '{"size": 32}', "--out", tmp_path / "out"]
    for command in (["rollout", "--policy"], ["play"]):
        assert padzoo(*command, policy, *options) == 2
        assert "env_args {'size': 32}: allowed: no size; it is 64" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_of_several_draws_of_a_start_the_best_rewarded_counts(policy: Path, reward: Path, tmp_path: Path) -> None:
    options = ["--policy", policy, "--games", 2, "--env_args", '{"max_steps": 8}', "--seed", 3]
    chosen = ["--episodes", 2, "--best_of", 3, "--reward"]
    assert padzoo("rollout", *options, *chosen, reward, "--out", tmp_path / "best") == 0
    assert padzoo("rollout", *options, *chosen, json.dumps([str(reward)]), "--out", tmp_path / "again") == 0
    assert (tmp_path / "best" / "index.json").read_bytes() == (tmp_path / "again" / "index.json").read_bytes()
    best, net = ShardSet(tmp_path / "best"), hub.load(policy, "policy")
    starts = [episode.start for episode in episodes(3, 2, options=Game().starts)]
    assert [trajectory.meta["seed"] for trajectory in best] == [start.seed for start in starts]
    every = [Episode(start, draw) for start in starts for draw in range(3)]
    with Arena(Game(args={"max_steps": 8}), net.image_size, 2) as arena:
        played = [rollout.trajectory for rollout in arena.play(Agent(net, seed=3), every)]
    judge = hub.load(reward, "reward")
    rewards = judge.reward([each.frames for each in played], [torch.from_numpy(each.actions).long() for each in played])
    for index, found in enumerate(best):
        expected = played[3 * index + int(rewards[3 * index : 3 * index + 3].argmax())]
        assert np.array_equal(found.actions, expected.actions)
    assert best.manifest.source["best_of"] == 3


def test_a_reward_that_is_no_number_is_not_the_best(
    policy: Path, reward: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RewardNet, "forward", lambda _, features: torch.full((len(features),), float("nan")))
    options = ["--policy", policy, "--games", 2, "--env_args", '{"max_steps": 2}', "--episodes", 1, "--best_of", 2]
    assert padzoo("rollout", *options, "--reward", json.dumps([str(reward)]), "--out", tmp_path / "best") == 2
    assert "reward model: a reward is NaN or infinite" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_best_of_needs_a_reward_model(policy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--policy", policy, "--episodes", 1, "--best_of", 2, "--out", tmp_path / "set"]
    assert padzoo("rollout", *options) == 2
    assert "--best_of 2, --reward None: allowed: 2 or more with a reward model, or neither" in capsys.readouterr().err
