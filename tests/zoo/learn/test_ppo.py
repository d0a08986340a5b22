from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from padzoo.core.episode import episodes
from padzoo.envs.rollout import Rollout
from padzoo.zoo.learn.aligner import Aligner
from padzoo.zoo.learn.ppo import PPO
from padzoo.zoo.learn.reinforce import Reinforce

PLAIN = {"gae_lambda": 1.0, "normalized": False, "clip_low": 1.0, "clip_high": float("inf")}


def quiet(module: Aligner) -> Aligner:
    module.log = lambda *_, **__: None  # type: ignore[method-assign]
    return module


@pytest.fixture(scope="module")
def modules(policy: Path, reward: Path) -> Iterator[tuple[Aligner, PPO]]:
    game = {"args": {"max_steps": 5}}
    plain = quiet(Reinforce(str(policy), str(reward), games=2, game=game))
    ppo = PPO(str(policy), str(reward), games=2, game=game, **PLAIN)  # type: ignore[arg-type]
    yield plain, quiet(ppo)  # type: ignore[misc]
    for module in (plain, ppo):
        module.teardown("fit")


@pytest.fixture(scope="module")
def rollouts(modules: tuple[Aligner, PPO]) -> list[Rollout]:
    return list(modules[0].play(episodes(0, 3)))


def test_while_the_critic_expects_nothing_it_is_reinforce(
    modules: tuple[Aligner, PPO], rollouts: list[Rollout]
) -> None:
    """With lambda 1 and no clip; PPO averages over steps, REINFORCE over episodes."""
    gradients = []
    for module in modules:
        experience = module.prepare(module.experience(rollouts))
        assert experience is not None
        module.zero_grad()
        module.loss(experience, module.evaluate(experience).log_probs).backward()
        gradients.append(torch.cat([weight.grad.flatten() for weight in module.net.head.parameters()]))  # type: ignore[union-attr]
    steps = sum(map(len, rollouts)) / len(rollouts)
    torch.testing.assert_close(gradients[1] * steps, gradients[0], rtol=1e-3, atol=1e-6)


def test_the_critic_learns_what_is_left_to_be_rewarded(modules: tuple[Aligner, PPO], rollouts: list[Rollout]) -> None:
    ppo = modules[1]
    optimizer = torch.optim.Adam(ppo.critic.parameters(), lr=1e-2)
    experience = ppo.prepare(ppo.experience(rollouts))
    for _ in range(200):
        optimizer.zero_grad()
        (ppo.values(experience) - experience.returns).square().mean().backward()
        optimizer.step()
    torch.testing.assert_close(experience.returns, experience.per_step(experience.rewards))  # type: ignore[arg-type]
    torch.testing.assert_close(ppo.values(experience), experience.returns, atol=0.05, rtol=0)


def test_a_divergence_in_the_reward_is_taken_off_where_it_arose(
    policy: Path, reward: Path, rollouts: list[Rollout]
) -> None:
    module = PPO(str(policy), str(reward), kl_in="reward", kl_weight=0.5, **PLAIN)  # type: ignore[arg-type]
    torch.nn.init.normal_(module.net.head[2].weight)
    plain, experience = module.experience(rollouts), module.prepare(module.experience(rollouts))
    ratio = module.evaluate(plain).log_ratio.detach()
    first = torch.split(ratio, plain.lengths)[0]
    expected = plain.rewards[0] - 0.5 * first.flip(0).cumsum(0).flip(0)
    assert experience.returns is not None
    torch.testing.assert_close(torch.split(experience.returns, plain.lengths)[0], expected, rtol=1e-4, atol=1e-4)
