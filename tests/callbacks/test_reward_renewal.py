import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
import torch
from lightning.pytorch import Trainer
from micro import checkpoint, padzoo, preset

from padzoo.callbacks.reward_renewal import RewardRenewal
from padzoo.core.episode import episodes
from padzoo.zoo import hub
from padzoo.zoo.learn.bradley_terry import bradley_terry_loss
from padzoo.zoo.learn.reinforce import Reinforce

NOBODY = cast(Trainer, None)


@pytest.fixture
def module(policy: Path, reward: Path) -> Iterator[Reinforce]:
    found = Reinforce(str(policy), [str(reward)] * 2, games=2, game={"args": {"max_steps": 5}})
    yield found
    found.teardown("fit")


def test_fresh_comparisons_are_added_and_learnt(module: Reinforce, shards: Path, preferences: Path) -> None:
    renewal = RewardRenewal(
        "criteria.later", str(shards), str(preferences), rollouts=4, comparisons=6, updates=60, lr=1e-3
    )
    renewal.setup(NOBODY, module, "fit")
    before, (model, other) = copy.deepcopy(module.rewards.members[0]), module.rewards.members
    played = list(module.play(episodes(0, 3)))
    expected = module.rewards(played)
    for number in (1, 2):
        renewal.renewed = renewal.renew(module, number)
        assert renewal.renewed.number == number
        assert renewal.renewed.pairs.shape == (6 * number, 2)
    winners, losers = renewal.renewed.pairs.T
    assert (winners > losers).all()
    assert torch.equal(winners >= 4, losers >= 4)  # a comparison is within the rollouts of its renewal
    features = renewal.renewed.features[0].float()
    losses = [bradley_terry_loss(*net.score(features)[torch.stack([winners, losers])]) for net in (before, model)]
    assert losses[1] < losses[0]
    assert not torch.equal(model.head.step[0].weight, other.head.step[0].weight)  # each in an order of its own
    assert not any(weight.requires_grad for weight in module.rewards.parameters())
    assert not torch.allclose(module.rewards(played), expected)
    scored = torch.cat([renewal._first[0].float(), features])
    rewards = (model.score(scored) - model.minimum) / (model.maximum - model.minimum)
    torch.testing.assert_close(torch.stack([rewards.min(), rewards.max()]), torch.tensor([0.0, 1.0]))


def command(policy: Path, reward: Path, root: Path, callback: dict[str, Any], *more: object) -> list[object]:
    """A training of batches of two episodes."""
    found = json.dumps({"class_path": "RewardRenewal", "init_args": callback})
    short = ["--game.args", '{"max_steps": 6}', "--model.lr", 1e-2, "--trainer.callbacks", f"[{found}]"]
    given = ["--model.policy", policy, "--model.reward", reward, "--trainer.default_root_dir", root]
    return ["fit", *preset("reinforce", "aligned"), *given, *short, *more]


def test_a_training_with_renewals_resumes_exactly(
    policy: Path, reward: Path, shards: Path, preferences: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = {"judge": "criteria.later", "train": str(shards), "train_preferences": str(preferences)}
    given |= {"renew_every": 4, "rollouts": 3, "comparisons": 3, "updates": 2, "lr": 1e-2}  # type: ignore[dict-item]
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    assert padzoo(*command(policy, reward, whole, given, "--trainer.max_steps", 5)) == 0
    assert padzoo(*command(policy, reward, cut, given, "--trainer.max_steps", 3)) == 0
    again = ["--trainer.max_steps", 5, "--ckpt_path", "last"]
    assert padzoo(*command(policy, reward, cut, given | {"updates": 3}, *again)) == 2
    assert "the training has RewardRenewal with updates 2, now 3" in capsys.readouterr().err
    assert padzoo(*command(policy, reward, cut, given, *again, "--trainer.callbacks", "null")) == 2
    assert "the training has a callback RewardRenewal; allowed: the same callbacks" in capsys.readouterr().err
    assert padzoo(*command(policy, reward, cut, given, *again)) == 0
    one, other = (checkpoint(root / "checkpoints" / "last.ckpt") for root in (whole, cut))
    assert all(torch.equal(value, other["state_dict"][name]) for name, value in one["state_dict"].items())
    mine, theirs = (found["callbacks"]["RewardRenewal"] for found in (one, other))
    assert mine["number"] == theirs["number"] == 2
    assert mine["pairs"].shape == (6, 2)
    assert torch.equal(mine["features"][0], theirs["features"][0])
    original = hub.load(reward, "reward").state_dict()
    for name, value in mine["weights"][0].items():
        assert torch.equal(value, theirs["weights"][0][name])
        assert name.startswith("components.") or not torch.equal(value, original[name])


def test_what_cannot_be_renewed_is_refused(
    policy: Path, reward: Path, shards: Path, preferences: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = {"judge": "letf", "train": str(shards), "train_preferences": str(preferences)}
    assert padzoo(*command(policy, reward, tmp_path, given)) == 2
    assert "did you mean 'left'?" in capsys.readouterr().err
    found = json.dumps({"class_path": "RewardRenewal", "init_args": given})
    cloning = [*preset("policy", "base"), "--data.train", shards, "--trainer.callbacks", f"[{found}]"]
    assert padzoo("fit", *cloning, "--trainer.default_root_dir", tmp_path) == 2
    assert "RewardRenewal: BehaviorCloning has no reward model; allowed: aligners that play" in capsys.readouterr().err
    with pytest.raises(ValueError, match="RewardRenewal: rollouts 1; allowed: 2 or more"):
        RewardRenewal("left", str(shards), str(preferences), rollouts=1)
