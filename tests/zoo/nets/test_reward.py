import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from padzoo.zoo.nets.policy import Policy
from padzoo.zoo.nets.reward import (
    AgentFeatures,
    Duration,
    FirstFrame,
    RandomProjection,
    RewardNet,
    StepEncoder,
    TrajectoryReward,
)


def frames(steps: int) -> Tensor:
    generator = torch.Generator().manual_seed(steps)
    return torch.randint(0, 256, (steps, 64, 64, 3), dtype=torch.uint8, generator=generator)


def test_parameter_count_is_the_papers() -> None:
    assert sum(parameter.numel() for parameter in TrajectoryReward(1024).parameters()) == 340_484


@torch.no_grad()
def test_score_is_two_mlps_around_a_concatenation() -> None:
    torch.manual_seed(0)
    net, features = TrajectoryReward(32), torch.randn(4, 100, 32)
    state = net.state_dict()

    def mlp(x: Tensor, name: str) -> Tensor:
        hidden = F.gelu(x @ state[f"{name}.0.weight"].T + state[f"{name}.0.bias"])
        return hidden @ state[f"{name}.2.weight"].T + state[f"{name}.2.bias"]

    steps = torch.stack([torch.cat([mlp(step, "step") for step in one]) for one in features])  # (4, 300)
    torch.testing.assert_close(net(features), mlp(steps, "whole")[:, 0], atol=1e-5, rtol=0)


def test_reward_is_the_score_of_padded_features_normalised_without_clamping() -> None:
    torch.manual_seed(0)
    net = RewardNet(AgentFeatures(Policy("tiny")))
    episodes = [frames(20), frames(100)]
    raw = net.score(torch.stack([net.features(one) for one in episodes])).detach()
    net.minimum.copy_(raw.min() + 0.25 * (raw.max() - raw.min()))
    net.maximum.copy_(raw.max())
    expected = torch.where(raw == raw.max(), 1.0, -1 / 3)
    torch.testing.assert_close(net.reward(episodes), expected, atol=1e-3, rtol=0)
    torch.testing.assert_close(net.reward([one.numpy() for one in episodes]), expected, atol=1e-3, rtol=0)


def test_acting_features_save_the_trunk() -> None:
    policy = Policy("tiny").eval()
    net, one = RewardNet(AgentFeatures(policy)), frames(57)
    assert net.shares_trunk(policy)
    assert not net.shares_trunk(Policy("tiny"))
    assert not RewardNet(RandomProjection(64)).shares_trunk(policy)
    padded = net.pad_features(policy.window_features(one), policy.embed(one))
    torch.testing.assert_close(padded, net.features(one))


def test_only_the_head_learns_and_the_encoder_stays_in_evaluation() -> None:
    net = RewardNet(AgentFeatures(Policy("tiny"))).train()
    assert all(name.startswith("head.") == parameter.requires_grad for name, parameter in net.named_parameters())
    assert net.training
    assert not net.encoder.training


@pytest.mark.parametrize(
    "encoder", [AgentFeatures(Policy("tiny")), RandomProjection(64, 7), FirstFrame(Policy("tiny")), Duration()]
)
def test_config_rebuilds_the_net(encoder: StepEncoder) -> None:
    net = RewardNet(encoder)
    again = RewardNet(**net.config)
    again.load_state_dict(net.state_dict())
    assert torch.equal(again.reward([frames(9)]), net.reward([frames(9)]))


def test_longer_trajectories_are_refused() -> None:
    with pytest.raises(ValueError, match="trajectory of 101 steps: this reward model takes at most 100"):
        RewardNet(RandomProjection(64)).reward([frames(101)])
