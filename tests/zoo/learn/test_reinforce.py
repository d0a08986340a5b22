import json
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
import torch
from alignment import loss_of, played
from micro import checkpoint, column, fit, logged, padzoo, preset, weights
from numpy.typing import NDArray
from torch import Tensor
from torch.distributions import Categorical, kl_divergence

from padzoo.core.episode import Episode, episodes
from padzoo.core.gamepad import SIZES
from padzoo.envs.island.launch_island import LaunchIsland
from padzoo.envs.rollout import Rollout
from padzoo.zoo import hub
from padzoo.zoo.learn.aligner import Aligner
from padzoo.zoo.learn.reinforce import Reinforce
from padzoo.zoo.play.agent import thoughts

REWARDS = torch.tensor([0.9, 0.1, 0.4], dtype=torch.double)


def exact_gradient(logits: Tensor) -> Tensor:
    """Gradient of minus the expected reward of a three-armed bandit."""
    return torch.autograd.grad(-(logits.softmax(0) * REWARDS).sum(), logits)[0]


@pytest.mark.parametrize("baseline", ["none", "leave_one_out"])
def test_the_expected_gradient_is_the_exact_one(baseline: Literal["none", "leave_one_out"]) -> None:
    logits = torch.tensor([0.3, -0.2, 0.5], dtype=torch.double, requires_grad=True)
    expected = torch.zeros(3, dtype=torch.double)
    for arms in product(range(3), repeat=3):  # every batch of three episodes, weighted by its probability
        chosen = torch.tensor(arms)
        log_probs = logits.log_softmax(0)[chosen]
        loss = loss_of(Reinforce, played(REWARDS[chosen]), log_probs, baseline=baseline)
        expected += log_probs.detach().sum().exp() * torch.autograd.grad(loss, logits)[0]
    torch.testing.assert_close(expected, exact_gradient(logits))


def test_leaving_one_out_lowers_the_variance() -> None:
    logits = torch.tensor([0.3, -0.2, 0.5], dtype=torch.double, requires_grad=True)
    spread = {}
    for baseline in ("none", "leave_one_out"):
        total = 0.0
        for arms in product(range(3), repeat=3):
            chosen = torch.tensor(arms)
            log_probs = logits.log_softmax(0)[chosen]
            rewards = REWARDS[chosen] + 5
            loss = loss_of(Reinforce, played(rewards), log_probs, baseline=baseline)
            gradient = torch.autograd.grad(loss, logits)[0]
            total += float(log_probs.detach().sum().exp() * (gradient - exact_gradient(logits)).square().sum())
        spread[baseline] = total
    assert spread["leave_one_out"] < spread["none"] / 10


def test_the_advantage_is_the_reward_less_the_mean_of_the_others() -> None:
    log_probs = torch.zeros(4, requires_grad=True)
    rewards = torch.tensor([1.0, 2.0, 4.0, 9.0])
    loss_of(Reinforce, played(rewards), log_probs, baseline="leave_one_out").backward()
    others = [(rewards.sum() - reward) / 3 for reward in rewards]
    advantages = rewards - torch.stack(others)
    assert log_probs.grad is not None
    torch.testing.assert_close(log_probs.grad, -advantages / 4)


SHORT = {"max_steps": 40}  # past the 32 frames that the policy sees
SHORTER = ["--game.args", '{"max_steps": 6}']


@pytest.fixture(scope="module")
def aligned(policy: Path, reward: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of the policy after two updates with whole episodes of the game."""
    root = tmp_path_factory.mktemp("aligned")
    return fit("reinforce", "aligned", root, "--model.policy", policy, "--model.reward", reward, *logged(root))


@pytest.fixture(scope="module")
def module(policy: Path, reward: Path) -> Iterator[Reinforce]:
    """An aligner outside a trainer, its log switched off."""
    module = Reinforce(str(policy), str(reward), games=2, temperature=1.5, game={"args": SHORT})
    module.log = lambda *_, **__: None  # type: ignore[method-assign]
    yield module
    module.teardown("fit")


@pytest.fixture(scope="module")
def rollouts(module: Reinforce) -> list[Rollout]:
    return list(module.play(episodes(0, 3, options=module.arena.game.starts)))


def judged(module: Reinforce, rollouts: list[Rollout]) -> tuple[Tensor, Tensor]:
    """Each episode's log-probability and its divergence from the reference, `(B,)` both."""
    experience = module.experience(rollouts)
    found = module.evaluate(experience)
    return experience.per_episode(found.log_probs), experience.per_episode(found.kl)


def changed(before: Path, after: Path) -> set[str]:
    """The names of the weights that differ between two checkpoints."""
    old, new = weights(before), weights(after)
    assert old.keys() == new.keys()
    return {name for name in old if not torch.equal(old[name], new[name])}


def test_alignment_changes_the_head_and_nothing_else(aligned: Path, policy: Path) -> None:
    assert changed(policy, aligned) == {"head.0.weight", "head.0.bias", "head.2.weight", "head.2.bias"}
    assert checkpoint(aligned)["global_step"] == 2
    assert hub.load(aligned, "policy").config == hub.load(policy, "policy").config
    assert hub.sha256(policy) == checkpoint(aligned)["padzoo"]["about"]["parents"]["policy"]["sha256"]


def test_the_log_tells_of_every_update(aligned: Path) -> None:
    root = aligned.parents[1]
    rates = [column(root, f"train/{name}") for name in ("none", "left", "middle", "right")]
    assert [sum(update) for update in zip(*rates, strict=True)] == pytest.approx([1.0, 1.0])
    assert all(0 < steps <= 100 for steps in column(root, "train/steps"))
    assert column(root, "train/crashed") == [0.0, 0.0]
    kl = column(root, "train/kl")
    assert kl[0] == pytest.approx(0.0, abs=1e-3)  # the first batch is played by the reference itself
    assert len(column(root, "train/reward")) == 2


def test_what_others_hold_is_not_in_the_checkpoint_and_training_goes_on_from_it(
    aligned: Path, policy: Path, reward: Path, tmp_path: Path
) -> None:
    state = checkpoint(aligned)["state_dict"]
    assert all(name.startswith("net.") for name in state)
    options = ["--model.policy", policy, "--model.reward", reward, "--ckpt_path", aligned]
    more = fit("reinforce", "aligned", tmp_path, *options, "--trainer.max_steps", 3, *logged(tmp_path))
    assert checkpoint(more)["global_step"] == 3
    assert all(name.startswith("net.") for name in checkpoint(more)["state_dict"])
    assert changed(aligned, more) == changed(policy, aligned)
    assert (
        column(tmp_path, "train/kl")[0] > 1e-7
    )  # it goes on from the aligned policy; the reference is still the first


def test_validation_and_test_play_fixed_episodes_with_the_aligned_weights(
    aligned: Path, policy: Path, reward: Path, tmp_path: Path
) -> None:
    options = ["--model.policy", policy, "--model.reward", reward, *SHORTER, "--ckpt_path", aligned]
    data = ["--data.val_episodes", 3, "--data.test_episodes", 3]
    found = []
    for name in ("one", "again"):
        root = ["--trainer.default_root_dir", tmp_path / name, *logged(tmp_path / name)]
        assert padzoo("validate", *preset("reinforce", "aligned"), *root, *options, *data) == 0
        found.append([column(tmp_path / name, f"val/{figure}")[0] for figure in ("reward", "return", "none", "steps")])
    assert found[0] == pytest.approx(found[1])
    assert found[0][1:] == [0.0, 1.0, 6.0]  # nobody arrives in six steps
    root = ["--trainer.default_root_dir", tmp_path / "test"]
    assert padzoo("test", *preset("reinforce", "aligned"), *root, *options, *data) == 0
    assert json.loads((tmp_path / "test" / "test.json").read_text())["test/none"] == 1.0


def test_the_shared_trunks_features_give_the_same_rewards_as_the_frames(
    module: Reinforce, rollouts: list[Rollout], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert module.rewards.shared[0]
    shared = module.rewards(rollouts)
    expected = module.rewards.members[0].reward([rollout.trajectory.frames for rollout in rollouts])
    assert len(set(expected.tolist())) == 3
    torch.testing.assert_close(shared, expected, atol=1e-4, rtol=0)
    monkeypatch.setattr(module.rewards, "shared", [False])
    torch.testing.assert_close(module.rewards(rollouts), expected)


def test_the_log_probability_of_an_episode_is_that_of_16_categoricals_a_step(
    module: Reinforce, rollouts: list[Rollout]
) -> None:
    log_probs, _ = judged(module, rollouts)
    for found, rollout in zip(log_probs, rollouts, strict=True):
        trajectory = rollout.trajectory
        with torch.no_grad():
            logits = module.net.head(module.net.window_features(torch.from_numpy(trajectory.frames))) / 1.5
        parts = zip(logits.split(list(SIZES), -1), torch.from_numpy(trajectory.actions).T.long(), strict=True)
        expected = sum(Categorical(logits=part).log_prob(chosen).sum() for part, chosen in parts)
        assert abs(found - expected) < 1e-2  # sums of up to 40 x 18 nats
    assert log_probs.requires_grad


@torch.no_grad()
def test_the_divergence_starts_at_0_and_grows_with_a_step(module: Reinforce, rollouts: list[Rollout]) -> None:
    assert judged(module, rollouts)[1].tolist() == [0.0, 0.0, 0.0]
    bias = module.net.head[2].bias
    step = torch.randn(68, generator=torch.Generator().manual_seed(0))
    bias.add_(step)
    kl = judged(module, rollouts)[1]
    logits = [module.net.head(thoughts(rollout).features) / 1.5 for rollout in rollouts]
    bias.sub_(step)
    for found, mine, rollout in zip(kl, logits, rollouts, strict=True):
        theirs = module.reference(thoughts(rollout).features) / 1.5
        parts = zip(mine.split(list(SIZES), -1), theirs.split(list(SIZES), -1), strict=True)
        expected = sum(kl_divergence(Categorical(logits=p), Categorical(logits=q)).sum() for p, q in parts)
        assert expected > 1
        torch.testing.assert_close(found, expected)


def test_all_weights_can_learn(module: Reinforce, policy: Path, reward: Path, rollouts: list[Rollout]) -> None:
    whole = Reinforce(str(policy), str(reward), trainable="all", temperature=1.5)
    assert not whole.rewards.shared[0]
    mine, kl = judged(whole, rollouts)
    torch.testing.assert_close(mine, judged(module, rollouts)[0], atol=1e-2, rtol=0)
    assert kl.tolist() == [0.0, 0.0, 0.0]
    torch.testing.assert_close(whole.rewards(rollouts), module.rewards(rollouts), atol=1e-4, rtol=0)
    mine.sum().backward()
    assert all(parameter.grad is not None for parameter in whole.net.parameters())
    assert all(parameter.grad is None for parameter in (*whole.reference.parameters(), *whole.rewards.parameters()))


def test_alignment_of_all_weights_changes_the_trunk(policy: Path, reward: Path, tmp_path: Path) -> None:
    options = ["--model.policy", policy, "--model.reward", reward, *SHORTER, "--model.trainable", "all"]
    path = fit("reinforce", "aligned", tmp_path, *options, "--trainer.max_steps", 1)
    assert changed(policy, path) == set(weights(policy))


def test_a_crashed_episode_is_dropped(module: Reinforce, monkeypatch: pytest.MonkeyPatch) -> None:
    pool, told = module.arena.pool, {}
    steps, step = iter(range(10_000)), pool.step

    def deadly(index: int, action: NDArray[np.int64]) -> None:
        if next(steps) == 9:
            game = pool._seats[index].env.unwrapped
            assert isinstance(game, LaunchIsland)
            game.kill()
        step(index, action)

    monkeypatch.setattr(pool, "step", deadly)
    monkeypatch.setattr(module, "log", lambda name, value, **_: told.update({name: value}))
    loss = module.training_step(episodes(0, 3, options=module.arena.game.starts), 0)
    assert loss is not None
    assert loss.isfinite()
    assert told["train/crashed"] == 1
    assert told["train/none"] + told["train/left"] + told["train/middle"] + told["train/right"] == pytest.approx(1)


def crash(self: Aligner, batch: list[Episode], seed: int = 0) -> Iterator[Rollout]:
    return (Rollout(episode, number, {}, crashed=True) for number, episode in enumerate(batch))


def test_nothing_is_learnt_from_a_batch_of_crashes(
    policy: Path, reward: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Aligner, "play", crash)
    options: list[Any] = ["--model.policy", policy, "--model.reward", reward, "--model.weight_decay", 1]
    path = fit("reinforce", "aligned", tmp_path, *options, "--trainer.val_check_interval", 1, *logged(tmp_path))
    assert changed(policy, path) == set()
    assert column(tmp_path, "train/crashed") == [2.0, 2.0]
