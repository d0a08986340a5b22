import pytest
import torch
from torch import Tensor

from padzoo.zoo.nets.policy import SIZES, Policy


def episode(steps: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(steps)
    frames = torch.randint(0, 256, (steps, 64, 64, 3), dtype=torch.uint8, generator=generator)
    return frames, torch.randint(0, 2, (steps, 16), generator=generator)


@pytest.fixture(
    scope="module",
    params=[(trunk, past_actions) for trunk in ("gpt2", "streaming") for past_actions in (False, True)],
    ids=["frames", "past_actions", "streaming", "streaming_past_actions"],
)
def policy(request: pytest.FixtureRequest) -> Policy:
    torch.manual_seed(0)
    trunk, past_actions = request.param
    policy = Policy("tiny", trunk=trunk, past_actions=past_actions).eval()
    with torch.no_grad():
        for parameter in policy.trunk.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return policy


@pytest.mark.parametrize(
    ("size", "count"),
    [
        ("pico", 31_384),
        ("nano", 109_052),
        ("tiny", 601_716),
        ("4m", 4_348_068),
        ("25m", 26_941_348),
        ("103m", 102_508_964),
    ],
)
def test_parameter_counts(size: str, count: int) -> None:
    with torch.device("meta"):
        policy = Policy(size)
    assert sum(parameter.numel() for parameter in policy.parameters()) == count


@pytest.mark.parametrize("size", ["tiny", "4m"])
def test_every_size_maps_frames_to_68_logits(size: str) -> None:
    side = SIZES[size].image_size
    policy = Policy(size)
    assert policy(torch.zeros(2, 3, side, side, 3, dtype=torch.uint8)).shape == (2, 3, 68)
    assert policy.embed(torch.zeros(side, side, 3, dtype=torch.uint8)).shape == (policy.width,)


def test_pixels_are_divided_by_255(policy: Policy) -> None:
    seen: list[Tensor] = []
    hook = policy.encoder.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    frames, _ = episode(2)
    policy.embed(frames)
    hook.remove()
    torch.testing.assert_close(seen[0], frames.permute(0, 3, 1, 2).float() / 255)
    assert seen[0].is_contiguous(memory_format=torch.channels_last)


@torch.no_grad()
def test_a_step_sees_no_later_frame_and_no_later_action(policy: Policy) -> None:
    frames, actions = episode(10)
    before = policy(frames[None], actions[None])[0]
    frames[6] = 255 - frames[6]
    actions[5:] = 1 - actions[5:]
    after = policy(frames[None], actions[None])[0]
    torch.testing.assert_close(after[:6], before[:6])
    assert ((after[6:] - before[6:]).abs().amax(-1) > 1e-4).all()


@torch.no_grad()
def test_past_actions_count_only_where_asked(policy: Policy) -> None:
    frames, actions = episode(10)
    other = actions.clone()
    other[3] = 1 - other[3]
    change = (policy(frames[None], actions[None]) - policy(frames[None], other[None]))[0].abs().amax(-1)
    assert change[:4].max() < 1e-6
    assert (change[4:] > 1e-6).all() == policy.past_actions


@torch.no_grad()
def test_window_features_equal_the_full_forward_of_every_window(policy: Policy) -> None:
    frames, actions = episode(100)
    features = policy.window_features(frames, actions)
    for step in range(100):
        window = slice(max(0, step + 1 - policy.reach), step + 1)
        logits = policy(frames[None, window], actions[None, window])[0, -1]
        torch.testing.assert_close(policy.head(features[step]), logits, atol=1e-5, rtol=0)


@torch.no_grad()
@pytest.mark.parametrize("past_actions", [False, True])
def test_where_a_trunk_streams_one_forward_pass_over_an_episode_is_acting(past_actions: bool) -> None:
    policy, (frames, actions) = Policy("tiny", trunk="streaming", past_actions=past_actions).eval(), episode(100)
    expected = policy.head(policy.window_features(frames, actions))
    torch.testing.assert_close(policy(frames[None], actions[None])[0], expected, atol=1e-5, rtol=0)


@torch.no_grad()
@pytest.mark.parametrize("start", [0, 5, 31, 32, 33, 69])
def test_features_can_start_anywhere(policy: Policy, start: int) -> None:
    frames, actions = episode(70)
    embeddings = policy.embed(frames)
    torch.testing.assert_close(
        policy.features(embeddings, actions, start), policy.window_features(frames, actions)[start:]
    )


def test_config_rebuilds_the_policy(policy: Policy) -> None:
    again = Policy(**policy.config)
    assert again.config == policy.config
    again.load_state_dict(policy.state_dict())


def test_head_starts_almost_uniform() -> None:
    frames, _ = episode(8)
    assert Policy("tiny")(frames[None]).abs().max() < 0.5


@pytest.mark.parametrize(
    ("size", "message"),
    [
        ("4M", r"size '4M' is not known; did you mean '4m'\? allowed: pico, nano, tiny, 4m, 25m, 103m$"),
        ("huge", r"size 'huge' is not known; allowed: pico, nano, tiny, 4m, 25m, 103m$"),
    ],
)
def test_unknown_size_is_refused(size: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Policy(size)


@pytest.mark.parametrize("context", [0, -1])
def test_a_context_of_no_frames_is_refused(context: int) -> None:
    with pytest.raises(ValueError, match=f"context {context}: allowed: 1 or more frames"):
        Policy(context=context)


def test_frames_of_another_size_are_refused(policy: Policy) -> None:
    with pytest.raises(ValueError, match=r"frames of 128 x 128 x 3: a policy of size 'tiny' sees 64 x 64 x 3"):
        policy(torch.zeros(1, 2, 128, 128, 3, dtype=torch.uint8))


def test_a_backbone_for_other_images_is_one_line() -> None:
    with pytest.raises(ValueError, match="encoder 'timm/inception_v3': takes no 64 x 64 pixels"):
        Policy("tiny", encoder="timm/inception_v3")
