from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import MethodType, SimpleNamespace
from typing import Any

import pytest
import torch
from alignment import played
from micro import checkpoint, column, logged, padzoo, preset, weights

from padzoo.core.episode import Episode, Start
from padzoo.envs.rollout import Rollout
from padzoo.zoo import hub
from padzoo.zoo.learn.aligner import Aligner
from padzoo.zoo.learn.grpo import GRPO
from padzoo.zoo.learn.ppo import PPO
from padzoo.zoo.learn.reinforce import Reinforce
from padzoo.zoo.learn.rest import ReST
from padzoo.zoo.learn.rloo import RLOO

GAME = {"args": {"max_steps": 6}}
SHORT = ["--game.args", '{"max_steps": 6}', "--model.games", 2, "--data.batch_size", 4, "--data.group", 2]


@pytest.fixture(scope="module")
def module(policy: Path, reward: Path) -> Iterator[RLOO]:
    found = RLOO(str(policy), str(reward), games=2, game=GAME)
    found.log = lambda *_, **__: None  # type: ignore[method-assign]
    yield found
    found.teardown("fit")


@pytest.fixture(scope="module")
def rollouts(module: RLOO) -> list[Rollout]:
    """Two starts, each played twice."""
    return list(module.play([Episode(Start(seed), draw) for seed in (5, 6) for draw in (0, 1)]))


def test_a_group_shares_its_start_and_nothing_else(rollouts: list[Rollout]) -> None:
    one, other, third, _ = rollouts
    assert one.images[0] == other.images[0] != third.images[0]
    assert (one.actions != other.actions).any()


def test_starts_that_are_rewarded_alike_are_dropped(
    policy: Path, reward: Path, rollouts: list[Rollout], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = RLOO(str(policy), str(reward), drop_even=True)
    for rewards, kept in (([1.0, 1.0, 2.0, 3.0], rollouts[2:]), ([1.0, 1.0, 3.0, 3.0], None)):
        monkeypatch.setattr(found.rewards, "forward", lambda _, rewards=rewards: torch.tensor(rewards))
        experience = found.prepare(found.experience(rollouts))
        assert (None if experience is None else experience.rollouts) == kept


def test_a_crash_within_a_group_leaves_the_others(module: RLOO, rollouts: list[Rollout]) -> None:
    experience = module.prepare(module.experience(rollouts[:3]))
    assert experience is not None
    assert experience.advantages is not None
    assert experience.advantages[-len(rollouts[2]) :].tolist() == [0.0] * len(rollouts[2])
    assert experience.advantages[0] == -experience.advantages[len(rollouts[0])]


def test_an_ensemble_is_as_sure_as_its_members_agree(policy: Path, reward: Path, rollouts: list[Rollout]) -> None:
    several = Reinforce(str(policy), [str(reward)] * 2, pessimism=2.0)
    other = several.rewards.members[1]
    other.minimum -= 0.5  # it is more generous
    single, generous = (
        model(features)
        for model, features in zip(several.rewards.members, several.rewards.features(rollouts), strict=True)
    )
    expected = (single + generous) / 2 - 2.0 * (single - generous).abs() / 2
    torch.testing.assert_close(several.rewards(rollouts), expected)
    assert set(several.about.parents) == {"policy", "reward", "reward1"}


def test_low_rank_changes_are_merged_into_what_is_saved_and_resume(policy: Path, reward: Path, tmp_path: Path) -> None:
    given = ["--config", "experiment/rloo.yaml", "--model.policy", policy, "--model.reward", reward, *SHORT]
    given += ["--model.trainable", "lora", "--model.lr", 1e-2, "--model.kl_weight", 0.01, "--model.kl_target", 1.0]
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    assert padzoo("fit", *given, "--trainer.default_root_dir", whole, "--trainer.max_steps", 3, *logged(whole)) == 0
    assert padzoo("fit", *given, "--trainer.default_root_dir", cut, "--trainer.max_steps", 1) == 0
    again = ["--trainer.default_root_dir", cut, "--trainer.max_steps", 3, "--ckpt_path", "last"]
    assert padzoo("fit", *given, *again) == 0
    one, other = (checkpoint(root / "checkpoints" / "last.ckpt")["state_dict"] for root in (whole, cut))
    assert all(torch.equal(value, other[name]) for name, value in one.items())
    before, after = weights(policy), hub.load(whole / "checkpoints" / "last.ckpt", "policy").state_dict()
    changed = {name for name, value in after.items() if not torch.equal(value, before[name])}
    assert "trunk.blocks.0.qkv.weight" in changed
    assert not any(name.startswith("encoder") for name in changed)
    assert len(set(column(whole, "train/kl_weight"))) == 3  # it steers


@pytest.mark.parametrize(
    ("setting", "value", "allowed"),
    [
        ("kl_in", "rewards", "loss, reward"),
        ("scale", "starts", "none, start, batch"),
        ("baseline", "mean", "none, leave"),
    ],
)
def test_a_misspelt_choice_is_refused_from_python_too(
    setting: str, value: str, allowed: str, policy: Path, reward: Path
) -> None:
    with pytest.raises(ValueError, match=f"model.{setting} '{value}': allowed: {allowed}"):
        Reinforce(str(policy), str(reward), **{setting: value})  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", [Reinforce, RLOO, GRPO, PPO, ReST])
def test_divergence_weighs_in_the_loss_what_it_weighs_in_the_reward(kind: type[Aligner]) -> None:
    experience = played(torch.ones(3), lengths=[2, 5, 1])
    one, other = (torch.zeros(8, requires_grad=True) for _ in range(2))
    module: Any = SimpleNamespace(clip_low=0.2, clip_high=0.2, value_weight=0.0, log=lambda *_: None)
    module.averaged = MethodType(kind.averaged, module)
    module.values = lambda experience: torch.zeros(8)
    kept = {"log_probs": torch.zeros(8), "advantages": torch.ones(8), "returns": torch.zeros(8)}
    kind.loss(module, replace(experience, **kept), one).backward()  # type: ignore[no-untyped-call]
    (-kind.averaged(module, experience, other)).backward()  # type: ignore[no-untyped-call]
    torch.testing.assert_close(one.grad, other.grad)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--model.trainable", "half"], "half"),
        (
            ["--model.kl_target", 1.0],
            "model.kl_target 1.0: allowed: over 0, with a model.kl_weight over 0",
        ),
        (["--model.pessimism", 1.0], "allowed: one reward model, or several for model.pessimism"),
        (["--data.group", 3], "data.group 3: allowed: a number that divides data.batch_size 2"),
        (["--model.scale", "start"], "data.group 1: allowed: 2 or more episodes of a start, which model.scale start"),
        (["--model", "RLOO"], "data.group 1: allowed: 2 or more episodes of a start, which RLOO compares"),
        (["--model.kl_weight", -1], "model.kl_weight -1.0: allowed: 0 or more"),
    ],
)
def test_settings_without_a_meaning_are_refused(
    options: list[object], message: str, policy: Path, reward: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["--model.policy", policy, "--model.reward", reward, "--trainer.default_root_dir", tmp_path]
    assert padzoo("fit", *preset("reinforce", "aligned"), *given, *options) == 2
    assert message in capsys.readouterr().err
