import pytest
import torch
from torch import Tensor

from padzoo.zoo.nets.agent_features import AgentFeatures
from padzoo.zoo.nets.duration import Duration
from padzoo.zoo.nets.first_frame import FirstFrame
from padzoo.zoo.nets.policy import Policy
from padzoo.zoo.nets.random_projection import RandomProjection
from padzoo.zoo.nets.reward import RewardNet
from padzoo.zoo.nets.step_encoder import StepEncoder


def frames(steps: int) -> Tensor:
    generator = torch.Generator().manual_seed(steps)
    return torch.randint(0, 256, (steps, 64, 64, 3), dtype=torch.uint8, generator=generator)


def test_reward_is_the_score_of_padded_features_normalised_without_clamping() -> None:
    torch.manual_seed(0)
    net = RewardNet(AgentFeatures(Policy("tiny")))
    episodes = [frames(20), frames(100)]
    raw = net.score(net.reduce(torch.stack([net.features(one) for one in episodes]))).detach()
    net.minimum.copy_(raw.min() + 0.25 * (raw.max() - raw.min()))
    net.maximum.copy_(raw.max())
    expected = torch.where(raw == raw.max(), 1.0, -1 / 3)
    torch.testing.assert_close(net.reward(episodes), expected, atol=1e-3, rtol=0)
    torch.testing.assert_close(net.reward([one.numpy() for one in episodes]), expected, atol=1e-3, rtol=0)


def test_scores_are_not_rounded_under_autocast() -> None:
    torch.manual_seed(0)
    net = RewardNet(Duration())
    reduced = torch.randn(256, net.steps, 1)
    exact = net.score(reduced)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(net.score(reduced), exact)
    assert len(exact.unique()) > len(exact.bfloat16().unique())


def test_acting_features_save_the_trunk() -> None:
    policy = Policy("tiny").eval()
    net, one = RewardNet(AgentFeatures(policy)), frames(57)
    assert net.shares_trunk(policy)
    assert not net.shares_trunk(Policy("tiny"))
    assert not RewardNet(RandomProjection(64)).shares_trunk(policy)
    padded = net.pad_features([policy.window_features(one)], [policy.embed(one)])[0]
    torch.testing.assert_close(padded, net.features(one))


class Learner(StepEncoder):
    """An encoder that does not know that it is frozen."""

    dim, image_size, arguments = 1, None, {}

    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(1, 1)


@pytest.mark.parametrize("encoder", [AgentFeatures(Policy("tiny")), Learner()])
def test_only_the_head_learns_and_the_encoder_stays_in_evaluation(encoder: StepEncoder) -> None:
    net = RewardNet(encoder)
    assert not net.encoder.training
    net.train()
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
