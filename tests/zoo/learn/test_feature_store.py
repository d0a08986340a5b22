from pathlib import Path
from typing import Any

import pytest
import torch

from padzoo.core.trajectory import Trajectory
from padzoo.datamodules.sets.archive import Archive
from padzoo.zoo.learn.feature_store import FeatureStore
from padzoo.zoo.nets.policy import Policy
from padzoo.zoo.nets.reward import AgentFeatures, RandomProjection, RewardNet


@pytest.fixture(scope="module")
def some(shards: Path) -> list[Trajectory]:
    return Archive(shards)[:3]


def projection(seed: int) -> RewardNet:
    return RewardNet(RandomProjection(64, seed, dim=8))


@pytest.mark.parametrize("net", [projection(0), RewardNet(AgentFeatures(Policy("tiny")))], ids=["projection", "agent"])
def test_kept_features_are_those_of_every_trajectory_in_half_precision(
    net: RewardNet, some: list[Trajectory], tmp_path: Path
) -> None:
    expected = torch.stack([net.features(trajectory.frames) for trajectory in some])
    for folder in (None, tmp_path / "new" / "features", tmp_path / "new" / "features"):
        found = FeatureStore(net, folder).get(some, "abc")
        assert found.dtype == torch.float16
        assert found.shape == (3, 100, net.encoder.dim)
        torch.testing.assert_close(found.float(), expected, atol=1e-2, rtol=1e-3)
    assert len(list((tmp_path / "new" / "features").iterdir())) == 1


def test_another_encoder_and_another_set_have_files_of_their_own(some: list[Trajectory], tmp_path: Path) -> None:
    first = FeatureStore(projection(0), tmp_path).get(some, "one")
    other = FeatureStore(projection(1), tmp_path).get(some, "one")
    fewer = FeatureStore(projection(0), tmp_path).get(some[:2], "two")
    assert len(list(tmp_path.iterdir())) == 3
    assert not torch.equal(first, other)
    assert torch.equal(first[:2], fewer)


def test_other_weights_of_the_same_architecture_are_another_encoder(some: list[Trajectory], tmp_path: Path) -> None:
    nets = [RewardNet(AgentFeatures(Policy("tiny"))) for _ in range(2)]
    first, other = (FeatureStore(net, tmp_path).get(some[:1], "one") for net in nets)
    assert not torch.equal(first, other)


def test_the_learnt_part_does_not_name_the_file(some: list[Trajectory], tmp_path: Path) -> None:
    for _ in range(2):  # the heads differ
        FeatureStore(projection(0), tmp_path).get(some, "one")
    assert len(list(tmp_path.iterdir())) == 1


def test_nothing_half_written_is_left(some: list[Trajectory], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    net = projection(0)

    def fail(*_: Any) -> torch.Tensor:
        raise RuntimeError("no")

    monkeypatch.setattr(net, "features", fail)
    with pytest.raises(RuntimeError, match="no"):
        FeatureStore(net, tmp_path).get(some, "one")
    assert list(tmp_path.iterdir()) == []
