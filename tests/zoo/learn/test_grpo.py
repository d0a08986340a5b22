import torch
from alignment import loss_of, played

from padzoo.zoo.learn.grpo import GRPO
from padzoo.zoo.learn.rloo import RLOO

UNCLIPPED = {"clip_low": 1.0, "clip_high": float("inf")}


def test_an_advantage_is_a_number_of_deviations_of_the_same_start() -> None:
    log_probs = torch.zeros(6, requires_grad=True)
    batch = played(torch.tensor([1.0, 3.0, 0.0, 8.0, 5.0, 5.0]), [0, 0, 1, 1, 2, 2])
    loss_of(GRPO, batch, log_probs, scale="start", **UNCLIPPED).backward()
    assert log_probs.grad is not None
    torch.testing.assert_close(log_probs.grad, torch.tensor([1.0, -1.0, 1.0, -1.0, 0.0, 0.0]) / 6)


def test_a_long_episode_counts_as_much_as_a_short_one() -> None:
    log_probs = torch.zeros(4, requires_grad=True)
    loss_of(GRPO, played(torch.tensor([1.0, 3.0]), [0, 0], [1, 3]), log_probs, scale="none", **UNCLIPPED).backward()
    assert log_probs.grad is not None
    torch.testing.assert_close(log_probs.grad, torch.tensor([1.0, -1 / 3, -1 / 3, -1 / 3]) / 2)


def test_unscaled_and_once_a_batch_it_is_rloo_but_for_a_factor() -> None:
    log_probs, batch = torch.zeros(4, requires_grad=True), played(torch.tensor([1.0, 2.0, 4.0, 9.0]), [3] * 4)
    mine, theirs = (
        torch.autograd.grad(loss, log_probs)[0]
        for loss in (loss_of(GRPO, batch, log_probs, scale="none", **UNCLIPPED), loss_of(RLOO, batch, log_probs))
    )
    torch.testing.assert_close(mine * 4 / 3, theirs)
