from itertools import product
from typing import Literal

import pytest
import torch
from torch import Tensor

from zoo.reinforce import reinforce_loss

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
        loss = reinforce_loss(log_probs, REWARDS[chosen], baseline)
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
            loss = reinforce_loss(log_probs, rewards, baseline)  # type: ignore[arg-type]
            gradient = torch.autograd.grad(loss, logits)[0]
            total += float(log_probs.detach().sum().exp() * (gradient - exact_gradient(logits)).square().sum())
        spread[baseline] = total
    assert spread["leave_one_out"] < spread["none"] / 10


def test_the_advantage_is_the_reward_less_the_mean_of_the_others() -> None:
    log_probs = torch.zeros(4, requires_grad=True)
    rewards = torch.tensor([1.0, 2.0, 4.0, 9.0])
    reinforce_loss(log_probs, rewards, "leave_one_out").backward()
    others = [(rewards.sum() - reward) / 3 for reward in rewards]
    advantages = rewards - torch.stack(others)
    assert log_probs.grad is not None
    torch.testing.assert_close(log_probs.grad, -advantages / 4)
