import math
from pathlib import Path

import pytest
import torch
from micro import checkpoint, column, logged, padzoo

from padzoo.zoo.learn.dpo import dpo_loss

OPTIONS = ["--config", "experiment/dpo.yaml", "--data.mode", "all_pairs", "--data.batch_trajectories", 4]
OPTIONS += ["--trainer.max_steps", 12, "--model.lr", 1e-3, "--model.averaged", "true", "--model.beta", 1.0]


def test_its_optimum_is_the_reference_weighed_with_the_reward() -> None:
    """Among three actions, with preferences as a Bradley-Terry reward gives them: p ~ q exp(r / beta)."""
    reward, reference, beta = torch.tensor([1.0, 0.2, -0.5]), torch.tensor([0.2, 0.5, 0.3]).log(), 0.7
    logits = torch.zeros(3, requires_grad=True)
    optimizer = torch.optim.LBFGS([logits], max_iter=200, tolerance_grad=1e-9)
    pairs = [(one, other) for one in range(3) for other in range(3) if one != other]

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        ratios = logits.log_softmax(0) - reference
        weights = torch.stack([torch.sigmoid(reward[one] - reward[other]) for one, other in pairs])
        losses = torch.stack([dpo_loss(ratios[None, one], ratios[None, other], beta) for one, other in pairs])
        loss = (weights * losses).sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    expected = (reference + reward / beta).softmax(0)
    torch.testing.assert_close(logits.softmax(0), expected, atol=1e-4, rtol=0)


def test_it_begins_at_chance() -> None:
    assert float(dpo_loss(torch.zeros(3), torch.zeros(3), 0.1)) == pytest.approx(math.log(2))


def test_a_preference_counts_by_its_weight() -> None:
    winners, losers = torch.tensor([1.0, 0.5, 0.5]), torch.tensor([0.0, 2.0, 2.0])
    halves = dpo_loss(winners, losers, 0.7, torch.tensor([1.0, 0.5, 0.5]))
    torch.testing.assert_close(halves, dpo_loss(winners[:2], losers[:2], 0.7))


@pytest.mark.parametrize("trainable", ["head", "lora", "all"])
def test_what_is_preferred_becomes_likelier(
    trainable: str, policy: Path, shards: Path, preferences: Path, tmp_path: Path
) -> None:
    data = ["--data.train", shards, "--data.train_preferences", preferences, "--model.policy", policy]
    held_out = ["--data.val_preferences", preferences, "--trainer.val_check_interval", 12]
    given = [*OPTIONS, *data, *held_out, "--model.trainable", trainable, *logged(tmp_path)]
    assert padzoo("fit", *given, "--trainer.default_root_dir", tmp_path) == 0
    losses = column(tmp_path, "train/loss")
    assert losses[0] == pytest.approx(math.log(2), abs=1e-5)
    assert column(tmp_path, "val/loss")[0] < losses[0]
    for kind in ("", "/between", "/within"):
        assert 0 <= column(tmp_path, f"val/accuracy{kind}")[0] <= 1
    assert not any(
        name.startswith("reference") for name in checkpoint(tmp_path / "checkpoints" / "last.ckpt")["state_dict"]
    )


def test_a_reward_is_not_needed_but_trajectories_are(
    policy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [
        "--config",
        "experiment/dpo.yaml",
        "--data",
        "Episodes",
        "--model.policy",
        policy,
        "--trainer.max_steps",
        1,
    ]
    assert padzoo("fit", *given, "--trainer.default_root_dir", tmp_path) == 2
    assert "data Episodes: has no trajectories to compare; allowed: Preferences" in capsys.readouterr().err
