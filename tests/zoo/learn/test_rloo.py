from itertools import product

import torch
from alignment import loss_of, played

from padzoo.zoo.learn.reinforce import Reinforce
from padzoo.zoo.learn.rloo import RLOO

REWARDS = torch.tensor([[0.9, 0.1], [5.3, 5.8]], dtype=torch.double)  # of two actions, at two starts


def test_the_expected_gradient_is_the_exact_one() -> None:
    logits = torch.tensor([0.3, -0.2], dtype=torch.double, requires_grad=True)
    found = torch.zeros(2, dtype=torch.double)
    for chosen in product(range(2), repeat=4):  # every batch of two episodes from each start, by its probability
        starts = [0, 0, 1, 1]
        log_probs = logits.log_softmax(0)[list(chosen)]
        loss = loss_of(RLOO, played(REWARDS[starts, list(chosen)], starts), log_probs)
        found += log_probs.detach().sum().exp() * torch.autograd.grad(loss, logits)[0]
    expected = torch.autograd.grad(-(logits.softmax(0) * REWARDS).sum(1).mean(), logits)[0]
    torch.testing.assert_close(found, expected)


def test_an_easy_start_teaches_nothing_and_one_alone_neither() -> None:
    log_probs = torch.zeros(5, requires_grad=True)
    loss_of(RLOO, played(torch.tensor([9.0, 9.0, 1.0, 3.0, 7.0]), [0, 0, 1, 1, 2]), log_probs).backward()
    assert log_probs.grad is not None
    torch.testing.assert_close(log_probs.grad, torch.tensor([0, 0, 2.0, -2.0, 0]) / 5)


def test_of_one_start_it_is_reinforce_against_the_whole_batch() -> None:
    log_probs, rewards = torch.zeros(4, requires_grad=True), torch.tensor([1.0, 2.0, 4.0, 9.0])
    same = loss_of(Reinforce, played(rewards), log_probs, baseline="leave_one_out")
    found = loss_of(RLOO, played(rewards, [7] * 4), log_probs)
    torch.testing.assert_close(*(torch.autograd.grad(loss, log_probs)[0] for loss in (found, same)))
