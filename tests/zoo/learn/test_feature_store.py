from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch

from padzoo.core.trajectory import Trajectory
from padzoo.datamodules.sets.shard_set import ShardSet
from padzoo.zoo.learn.feature_store import FeatureStore
from padzoo.zoo.nets.agent_features import AgentFeatures
from padzoo.zoo.nets.policy import Policy
from padzoo.zoo.nets.random_projection import RandomProjection
from padzoo.zoo.nets.reward import RewardNet


@pytest.fixture(scope="module")
def some(shards: Path) -> list[Trajectory]:
    return ShardSet(shards)[:3]


@dataclass
class Source:
    """A data module that has one set."""

    given: Sequence[Trajectory]
    name: str

    def trajectories(self, split: str) -> Sequence[Trajectory]:
        return self.given

    def fingerprint(self, split: str) -> str:
        return self.name


def projection(seed: int) -> RewardNet:
    return RewardNet(RandomProjection(64, seed, dim=8))


@pytest.mark.parametrize("net", [projection(0), RewardNet(AgentFeatures(Policy("tiny")))], ids=["projection", "agent"])
def test_kept_features_are_those_of_every_trajectory_in_half_precision(
    net: RewardNet, some: list[Trajectory], tmp_path: Path
) -> None:
    expected = torch.stack([net.features(trajectory.frames) for trajectory in some])
    for folder in (None, tmp_path / "new" / "features", tmp_path / "new" / "features"):
        found = FeatureStore(net, folder, Source(some, "abc")).get("train")
        assert found.dtype == torch.float16
        assert found.shape == (3, 100, net.encoder.dim)
        torch.testing.assert_close(found.float(), expected, atol=1e-2, rtol=1e-3)
    assert len(list((tmp_path / "new" / "features").iterdir())) == 1


def test_another_encoder_and_another_set_have_files_of_their_own(some: list[Trajectory], tmp_path: Path) -> None:
    first = FeatureStore(projection(0), tmp_path, Source(some, "one")).get("train")
    other = FeatureStore(projection(1), tmp_path, Source(some, "one")).get("train")
    fewer = FeatureStore(projection(0), tmp_path, Source(some[:2], "two")).get("train")
    assert len(list(tmp_path.iterdir())) == 3
    assert not torch.equal(first, other)
    assert torch.equal(first[:2], fewer)


def test_other_weights_of_the_same_architecture_are_another_encoder(some: list[Trajectory], tmp_path: Path) -> None:
    nets = [RewardNet(AgentFeatures(Policy("tiny"))) for _ in range(2)]
    first, other = (FeatureStore(net, tmp_path, Source(some[:1], "one")).get("train") for net in nets)
    assert not torch.equal(first, other)


def test_the_learnt_part_does_not_name_the_file(some: list[Trajectory], tmp_path: Path) -> None:
    for _ in range(2):  # the heads differ
        FeatureStore(projection(0), tmp_path, Source(some, "one")).get("train")
    assert len(list(tmp_path.iterdir())) == 1


def test_the_components_are_not_part_of_what_is_kept(some: list[Trajectory], tmp_path: Path) -> None:
    whole = FeatureStore(projection(0), tmp_path, Source(some, "one")).get("train")
    store = FeatureStore(RewardNet(RandomProjection(64, 0, dim=8), components=2), tmp_path, Source(some, "one"))
    store.fit("train")
    reduced = store.get("train")
    assert len(list(tmp_path.iterdir())) == 1
    assert reduced.dtype == torch.float32
    torch.testing.assert_close(reduced, store.net.reduce(whole.float()))
    assert reduced.flatten(0, 1).mean(0).abs().max() < 1e-3


def test_nothing_half_written_is_left(some: list[Trajectory], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    net = projection(0)

    def fail(*_: Any) -> torch.Tensor:
        raise RuntimeError("no")

    monkeypatch.setattr(net, "features", fail)
    with pytest.raises(RuntimeError, match="no"):
        FeatureStore(net, tmp_path, Source(some, "one")).get("train")
    assert list(tmp_path.iterdir()) == []
