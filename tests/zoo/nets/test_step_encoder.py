import pytest
import torch
from torch import Tensor

from padzoo.core.gamepad import NEUTRAL
from padzoo.zoo.nets.agent_features import AgentFeatures
from padzoo.zoo.nets.duration import Duration
from padzoo.zoo.nets.first_frame import FirstFrame
from padzoo.zoo.nets.policy import Policy
from padzoo.zoo.nets.random_projection import RandomProjection
from padzoo.zoo.nets.step_encoder import StepEncoder, build_step_encoder


def episode(steps: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(steps)
    frames = torch.randint(0, 256, (steps, 64, 64, 3), dtype=torch.uint8, generator=generator)
    return frames, torch.randint(0, 2, (steps, 16), generator=generator)


def encoders() -> list[StepEncoder]:
    torch.manual_seed(0)
    agents = [Policy("tiny", trunk=trunk, past_actions=past) for trunk in ("gpt2", "streaming") for past in (0, 1)]
    for policy in agents[2:]:
        for parameter in policy.parameters():
            parameter.data.add_(0.1 * torch.randn_like(parameter))  # what lies 32 steps back shows
    return [*map(AgentFeatures, agents), RandomProjection(64, 5)]


@pytest.mark.parametrize(
    "encoder",
    encoders(),
    ids=["agent", "agent_past_actions", "streaming", "streaming_past_actions", "random_projection"],
)
@pytest.mark.parametrize("length", [1, 31, 32, 45, 69, 99, 100])
def test_padding_is_black_frames_through_the_encoder(encoder: StepEncoder, length: int) -> None:
    frames, actions = episode(length)
    longer = torch.cat([frames, torch.zeros(100 - length, 64, 64, 3, dtype=torch.uint8)])
    played = torch.cat([actions, torch.tensor([NEUTRAL]).expand(100 - length, -1)])
    expected = encoder.features(longer, played)
    torch.testing.assert_close(encoder.padded(frames, 100, actions), expected, atol=1e-5, rtol=0)


@torch.no_grad()
def test_agent_features_are_the_policys() -> None:
    policy, (frames, _) = Policy("tiny").eval(), episode(40)
    torch.testing.assert_close(AgentFeatures(policy).features(frames), policy.window_features(frames))


def test_random_projection_is_a_matrix_product_and_nothing_but_its_seed_is_stored() -> None:
    encoder, (frames, _) = RandomProjection(64, seed=3), episode(4)
    expected = frames.reshape(4, -1).double() / 255 @ encoder.weight.double().T
    torch.testing.assert_close(encoder.features(frames).double(), expected, atol=1e-4, rtol=0)
    assert encoder.state_dict() == {}
    assert 0.3 < expected.std() < 1
    again = build_step_encoder(encoder.config)
    assert torch.equal(again.features(frames), encoder.features(frames))
    assert not torch.equal(RandomProjection(64, seed=4).features(frames), encoder.features(frames))


@torch.no_grad()
def test_a_control_sees_the_first_frame_alone_or_the_length_alone() -> None:
    policy = Policy("tiny").eval()
    first, length = FirstFrame(policy), Duration()
    frames, _ = episode(40)
    other = frames.flip(0)
    other[0] = frames[0]
    expected = policy.window_features(frames[:1]).expand(100, -1)
    torch.testing.assert_close(first.padded(frames, 100), expected)
    torch.testing.assert_close(first.padded(other[:7], 100), expected)
    assert not first.shares_trunk(policy)
    assert torch.equal(length.padded(frames, 100), length.padded(other, 100))
    assert length.padded(frames, 100)[:, 0].tolist() == [1.0] * 40 + [0.0] * 60


def test_a_shared_trunk_shows_in_the_weights() -> None:
    policy = Policy("tiny")
    encoder = AgentFeatures(Policy(**policy.config))
    assert not encoder.shares_trunk(policy)
    encoder.policy.load_state_dict(policy.state_dict())
    assert encoder.shares_trunk(policy)
    with torch.no_grad():
        encoder.policy.head[2].bias.add_(1)
        assert encoder.shares_trunk(policy)
        encoder.policy.trunk.norm.bias.add_(1)
    assert not encoder.shares_trunk(policy)
    assert not encoder.shares_trunk(Policy("tiny", past_actions=True))


def test_encoder_is_frozen() -> None:
    encoder, (frames, _) = AgentFeatures(Policy("tiny")), episode(3)
    assert not any(parameter.requires_grad for parameter in encoder.parameters())
    assert not encoder.features(frames).requires_grad


def test_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="step_encoder 'agnt': not known; did you mean 'agent'"):
        build_step_encoder({"kind": "agnt"})


def test_frames_of_another_size_are_refused() -> None:
    with pytest.raises(ValueError, match="frames of 32 x 32 x 3: this random projection sees 64 x 64 x 3"):
        RandomProjection(64).features(torch.zeros(2, 32, 32, 3, dtype=torch.uint8))
