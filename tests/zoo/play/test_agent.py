import copy

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from padzoo.core import codec
from padzoo.core.episode import Episode, Start
from padzoo.core.gamepad import action_space
from padzoo.envs.player import Acted
from padzoo.zoo.nets.gamepad_distribution import GamepadDistribution
from padzoo.zoo.nets.policy import Policy
from padzoo.zoo.play.agent import Agent

EPISODE = Episode(Start(7))


def episode(seed: int, steps: int = 100) -> NDArray[np.uint8]:
    """Smooth moving colours, which the codec changes a little but does not ruin."""
    phase = np.random.default_rng(seed).uniform(0, 6, 3)
    t, y, x = np.mgrid[0:steps, 0:64, 0:64]
    waves = np.sin(0.1 * x + 0.1 * y * phase[0] + 0.2 * t)[..., None] * np.sin(phase)  # (T, 64, 64, 3)
    return (127 + 120 * waves).astype(np.uint8)


@pytest.fixture(
    scope="module",
    params=[("gpt2", False), ("gpt2", True), ("streaming", False), ("streaming", True)],
    ids=["frames", "past_actions", "streaming", "streaming_past_actions"],
)
def policy(request: pytest.FixtureRequest) -> Policy:
    """A policy whose actions depend on what it sees."""
    torch.manual_seed(0)
    trunk, past_actions = request.param
    policy = Policy("tiny", trunk=trunk, past_actions=past_actions).eval()
    with torch.no_grad():
        for parameter in policy.trunk.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
        policy.head[2].weight.mul_(100)
    return policy


def thought(acted: Acted) -> list[torch.Tensor]:
    """What the head saw in each game."""
    assert acted.notes is not None
    return [note.features for note in acted.notes]


def play(agent: Agent, frames: NDArray[np.uint8]) -> tuple[NDArray[np.int64], torch.Tensor]:
    """Plays given frames in game 0, an episode of seed 7."""
    agent.reset([0], [EPISODE])
    acted = [agent.act(frame[None], [0]) for frame in frames]
    return np.concatenate([one.actions for one in acted]), torch.stack([thought(one)[0] for one in acted])


@torch.no_grad()
def test_cached_acting_equals_the_full_forward_over_a_whole_episode(policy: Policy) -> None:
    frames = episode(0)
    actions, features = play(Agent(policy), frames)
    seen, chosen = torch.from_numpy(codec.roundtrip(frames)), torch.from_numpy(actions)
    for step in range(100):
        window = slice(max(0, step + 1 - policy.reach), step + 1)
        logits = policy(seen[None, window], chosen[None, window])[0, -1]
        torch.testing.assert_close(policy.head(features[step]), logits, atol=1e-4, rtol=1e-5)  # logits of up to 30
    torch.testing.assert_close(features, policy.window_features(seen, chosen), atol=1e-5, rtol=0)


@torch.no_grad()
@pytest.mark.parametrize("trunk", ["gpt2", "streaming"])
@pytest.mark.parametrize("context", [1, 20, 40])
def test_cached_acting_is_exact_with_any_context(context: int, trunk: str) -> None:
    torch.manual_seed(0)
    policy = Policy("tiny", context=context, trunk=trunk).eval()
    frames = episode(2, 60)
    _, features = play(Agent(policy), frames)
    expected = policy.window_features(torch.from_numpy(codec.roundtrip(frames)))
    torch.testing.assert_close(features, expected, atol=1e-5, rtol=0)


def test_in_half_precision_the_agent_thinks_nearly_the_same(policy: Policy) -> None:
    frames = episode(3, 40)
    _, features = play(Agent(policy), frames)
    _, rough = play(Agent(copy.deepcopy(policy).bfloat16()), frames)
    assert rough.dtype == torch.float32
    torch.testing.assert_close(rough, features, atol=0.15, rtol=0)  # of LayerNorm's outputs, 1 on average


def test_actions_lie_in_the_space_and_follow_the_seeds(policy: Policy) -> None:
    frames = episode(1, 40)
    actions, _ = play(Agent(policy, seed=3), frames)
    assert actions.dtype == np.int64
    assert all(action_space().contains(action) for action in actions)
    assert np.array_equal(actions, play(Agent(policy, seed=3), frames)[0])
    assert not np.array_equal(actions, play(Agent(policy, seed=4), frames)[0])


def test_an_episode_does_not_depend_on_the_other_games(policy: Policy) -> None:
    torch.set_num_threads(1)
    episodes = [episode(seed, 50) for seed in range(5)]
    expected = [play(Agent(policy), frames) for frames in episodes]
    agent = Agent(policy)
    clocks = [-8 * row for row in range(5)]  # each game starts 8 steps after the one before
    for _ in range(50 + 32):
        starting = [row for row in range(5) if clocks[row] == 0]
        agent.reset(starting, [EPISODE] * len(starting))
        rows = [row for row in reversed(range(5)) if 0 <= clocks[row] < 50]
        acted = agent.act(np.stack([episodes[row][clocks[row]] for row in rows]), rows)
        for index, row in enumerate(rows):
            assert np.array_equal(acted.actions[index], expected[row][0][clocks[row]])
            torch.testing.assert_close(thought(acted)[index], expected[row][1][clocks[row]], atol=1e-5, rtol=0)
        clocks = [clock + 1 for clock in clocks]


def test_a_reset_forgets_everything(policy: Policy) -> None:
    agent, frames = Agent(policy), episode(2, 40)
    expected = play(Agent(policy), frames[:10])
    play(agent, frames)
    again = play(agent, frames[:10])
    assert np.array_equal(again[0], expected[0])
    torch.testing.assert_close(again[1], expected[1])


def test_temperature_sharpens_and_zero_is_the_most_likely_action(policy: Policy) -> None:
    frames = episode(3, 10)
    actions, features = play(Agent(policy, temperature=0), frames)
    with torch.no_grad():
        assert np.array_equal(actions, GamepadDistribution(policy.head(features)).mode().numpy())
        actions, features = play(Agent(policy, temperature=4, seed=3), frames)
        random = np.random.default_rng((3, 7))  # of the agent and the episode
        uniform = torch.from_numpy(np.stack([random.random(16, dtype=np.float32) for _ in frames]))
        hot = GamepadDistribution(policy.head(features) / 4)
    assert np.array_equal(actions, hot.sample(uniform).numpy())


def test_another_draw_of_the_same_start_is_another_episode(policy: Policy) -> None:
    frames = episode(1, 40)
    agent = Agent(policy)
    found = []
    for draw in (0, 1, 0):
        agent.reset([0], [Episode(Start(7), draw)])
        found.append(np.concatenate([agent.act(frame[None], [0]).actions for frame in frames]))
    assert np.array_equal(found[0], found[2])
    assert not np.array_equal(found[0], found[1])


def test_negative_temperature_is_refused(policy: Policy) -> None:
    with pytest.raises(ValueError, match=r"temperature -1: allowed are 0 \(most likely action\) and above"):
        Agent(policy, temperature=-1)


def test_no_action_is_drawn_from_logits_that_are_not_finite(policy: Policy) -> None:
    broken = copy.deepcopy(policy)
    for weight in broken.head.parameters():
        torch.nn.init.constant_(weight, 3e38)
    with pytest.raises(ValueError, match=r"policy: a logit is NaN or infinite in torch.float32; allowed: weights"):
        play(Agent(broken), episode(0, 1))
