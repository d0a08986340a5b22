import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
import torch
from micro import column, fit, logged, padzoo, preset, weights

from padzoo.datamodules.judges import preference
from padzoo.datamodules.sets.shard_set import ShardSet
from padzoo.zoo import hub
from padzoo.zoo.learn.feature_store import FeatureStore
from padzoo.zoo.learn.reward_model import RewardModel
from padzoo.zoo.nets.agent_features import AgentFeatures
from padzoo.zoo.nets.principal_components import PrincipalComponents
from padzoo.zoo.nets.random_projection import RandomProjection
from padzoo.zoo.nets.reward import RewardNet


@pytest.fixture(scope="module")
def data(shards: Path, preferences: Path, policy: Path) -> list[object]:
    """What a reward model trains on, as options."""
    return ["--data.train", shards, "--data.train_preferences", preferences, "--model.policy", policy]


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The lengths of the trajectories whose features are computed, while they are."""
    lengths: list[int] = []
    original = RewardNet.features

    def features(self: RewardNet, frames: Any, actions: Any = None) -> torch.Tensor:
        lengths.append(len(frames))
        return original(self, frames, actions)

    monkeypatch.setattr(RewardNet, "features", features)
    return lengths


def test_training_lowers_the_loss_and_leaves_the_encoder(
    data: list[object], computed: list[int], policy: Path, tmp_path: Path
) -> None:
    path = fit("reward", "reward", tmp_path, *data, *logged(tmp_path), "--trainer.max_steps", 40)
    losses = column(tmp_path, "train/loss")
    assert len(losses) == 40
    assert np.mean(losses[:5]) > 0.6  # about log 2
    assert np.mean(losses[-5:]) < 0.4
    assert np.mean(column(tmp_path, "train/accuracy")[-5:]) > 0.8
    assert len(computed) == 24  # once a trajectory, whatever the number of updates
    state = weights(path)
    assert all(torch.equal(value, state[f"encoder.policy.{name}"]) for name, value in weights(policy).items())


def test_features_are_computed_once_a_trajectory_and_kept(
    data: list[object], computed: list[int], shards: Path, tmp_path: Path
) -> None:
    options = [*data, "--model.feature_cache", tmp_path / "features", "--trainer.max_steps", 5]
    first = fit("reward", "reward", tmp_path / "first", *options)
    assert computed == [len(trajectory) for trajectory in ShardSet(shards)]
    computed.clear()
    second = fit("reward", "reward", tmp_path / "second", *options)
    assert computed == []
    assert len(list((tmp_path / "features").iterdir())) == 1
    assert all(torch.equal(value, weights(second)[name]) for name, value in weights(first).items())


@torch.no_grad()
def test_the_rewards_of_the_training_set_span_0_to_1(reward: Path, shards: Path) -> None:
    net = hub.load(reward, "reward")
    features = [net.features(trajectory.frames).half().float() for trajectory in ShardSet(shards)]
    rewards = net(torch.stack(features))
    torch.testing.assert_close(rewards.min(), torch.tensor(0.0), atol=1e-6, rtol=0)
    torch.testing.assert_close(rewards.max(), torch.tensor(1.0), atol=1e-6, rtol=0)


def test_a_batch_is_moved_in_time_as_a_whole(policy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = RewardModel(str(policy), shift=99)
    steps = torch.arange(100.0).expand(3, 100).unsqueeze(-1)  # a step's feature is its number
    module.store = cast(FeatureStore, SimpleNamespace(get=lambda split: steps))
    seen: list[torch.Tensor] = []
    monkeypatch.setattr(module.net, "score", lambda reduced: (seen.append(reduced), reduced[:, 0, 0])[1])
    batch = {"ids": torch.arange(3), "winners": torch.tensor([0]), "losers": torch.tensor([1])}
    for shift in (0, 7, -7):
        module._scores(batch, "train", shift)
        assert (seen[-1][:, :, 0] == (torch.arange(100) + shift).clamp(0, 99)).all()


@pytest.mark.parametrize("shift", [-1, 100])
def test_a_shift_beyond_the_trajectory_is_refused(policy: Path, shift: int) -> None:
    with pytest.raises(ValueError, match=f"model.shift {shift}: allowed: 0 to below the 100 steps"):
        RewardModel(str(policy), shift=shift)


def test_components_are_a_matter_of_configuration(data: list[object], reward: Path, tmp_path: Path) -> None:
    assert hub.load(reward, "reward").components is not None  # in this preset
    plain = hub.load(fit("reward", "reward", tmp_path, *data, "--model.components", "null"), "reward")
    assert plain.components is None


def test_testing_writes_the_accuracy_on_held_out_preferences(
    data: list[object], reward: Path, shards: Path, preferences: Path, tmp_path: Path
) -> None:
    held_out = ["--data.test", shards, "--data.test_preferences", preferences, "--ckpt_path", reward]
    root = ["--trainer.default_root_dir", tmp_path]
    assert padzoo("test", *preset("reward", "reward"), *data, *held_out, *root) == 0
    net, archive = hub.load(reward, "reward"), ShardSet(shards)
    rewards = dict(zip(archive.keys, net.reward([trajectory.frames for trajectory in archive]).tolist(), strict=True))
    pairs = preference.read(preferences)
    figures = json.loads((tmp_path / "test.json").read_text())
    kinds = {
        "test/accuracy": pairs,
        "test/accuracy/between": [pair for pair in pairs if not pair.same_category],
        "test/accuracy/within": [pair for pair in pairs if pair.same_category],
    }
    assert figures.keys() == {*kinds, "test/loss"}
    for name, kind in kinds.items():
        right = [rewards[pair.winner] > rewards[pair.loser] for pair in kind]
        assert figures[name] == pytest.approx(np.mean(right), abs=1.5 / len(kind))  # half precision: a near tie
    assert not list(tmp_path.glob("*.partial"))


def test_preferences_without_categories_are_not_split(
    data: list[object], reward: Path, shards: Path, preferences: Path, tmp_path: Path
) -> None:
    known = [replace(each, same_category=None) for each in preference.read(preferences)]
    preference.write(tmp_path / "plain.jsonl", known)
    held_out = ["--data.test", shards, "--data.test_preferences", tmp_path / "plain.jsonl", "--ckpt_path", reward]
    assert padzoo("test", *preset("reward", "reward"), *data, *held_out, "--trainer.default_root_dir", tmp_path) == 0
    assert json.loads((tmp_path / "test.json").read_text()).keys() == {"test/accuracy", "test/loss"}


def test_validation_says_how_accurate_it_is_between_categories_and_within_them(
    data: list[object], preferences: Path, tmp_path: Path
) -> None:
    options = [*logged(tmp_path), "--data.val_preferences", preferences, "--trainer.max_steps", 2]
    fit("reward", "reward", tmp_path, *data, *options, "--trainer.val_check_interval", 1)
    every, between, within = (
        column(tmp_path, name) for name in ("val/accuracy", "val/accuracy/between", "val/accuracy/within")
    )
    share = np.mean([bool(each.same_category) for each in preference.read(preferences)])
    assert len(every) == 2
    assert np.asarray(every) == pytest.approx(share * np.asarray(within) + (1 - share) * np.asarray(between), abs=1e-4)


def test_the_encoder_is_a_matter_of_configuration(data: list[object], reward: Path, tmp_path: Path) -> None:
    options = ["--model.encoder", "random_projection", "--model.projection_seed", 3]
    net = hub.load(fit("reward", "reward", tmp_path, *data, *options), "reward")
    assert isinstance(net.encoder, RandomProjection)
    assert net.encoder.config == {"kind": "random_projection", "image_size": 64, "seed": 3, "dim": 512}
    assert isinstance(hub.load(reward, "reward").encoder, AgentFeatures)


@torch.no_grad()
def test_predictions_are_the_rewards_of_the_frames(
    data: list[object], reward: Path, shards: Path, tmp_path: Path
) -> None:
    writer = ["--trainer.callbacks", "PredictionWriter", "--trainer.callbacks.out", tmp_path / "out"]
    options = [*data, "--data.predict", shards, "--ckpt_path", reward, "--trainer.default_root_dir", tmp_path]
    assert padzoo("predict", *preset("reward", "reward"), *options, *writer) == 0
    net, archive = hub.load(reward, "reward"), ShardSet(shards)
    assert {path.stem for path in (tmp_path / "out").iterdir()} == set(archive.keys)
    for trajectory in archive[:3]:
        with np.load(tmp_path / "out" / f"{trajectory.key}.npz") as found:
            assert found["features"].shape == (100, 128)
            torch.testing.assert_close(torch.from_numpy(found["reward"]), net.reward([trajectory.frames]))


def test_a_data_module_without_trajectories_is_refused(
    policy: Path, shards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, data = (
        ["--model", "RewardModel", "--model.policy", policy],
        ["--data", "Demonstrations", "--data.train", shards],
    )
    trainer = ["--trainer.default_root_dir", tmp_path, "--trainer.max_steps", 1, "--trainer.logger", "false"]
    assert padzoo("fit", *model, *data, *trainer) == 2
    assert capsys.readouterr().err.endswith(
        "padzoo: error: data Demonstrations: has no trajectories to compare; allowed: Preferences\n"
    )


def test_a_resumed_training_keeps_its_components(
    data: list[object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = [*data, "--model.components", 2]
    fit("reward", "reward", tmp_path, *options, "--trainer.max_steps", 1)
    monkeypatch.setattr(PrincipalComponents, "fit", None)  # on another device an axis may point the other way
    fit("reward", "reward", tmp_path, *options, "--trainer.max_steps", 2, "--ckpt_path", "last")


def test_a_resumed_training_draws_the_shifts_that_are_next(data: list[object], tmp_path: Path) -> None:
    def train(name: str, root: str, updates: int, *more: object) -> list[float]:
        options = [*data, *logged(tmp_path / name), "--model.shift", 9, "--trainer.max_steps", updates, *more]
        fit("reward", "reward", tmp_path / root, *options)
        return column(tmp_path / name, "train/loss")

    whole = train("whole", "one", 8)
    assert train("first", "other", 4) == whole[:4]
    assert train("second", "other", 8, "--ckpt_path", "last") == whole[4:]
