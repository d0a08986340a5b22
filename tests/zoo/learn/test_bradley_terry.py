import math

import pytest
import torch

from padzoo.zoo.learn.bradley_terry import bradley_terry_loss, plackett_luce_loss


def test_loss_and_gradient_are_the_closed_form() -> None:
    generator = torch.Generator().manual_seed(0)
    winners, losers = 3 * torch.randn(2, 50, generator=generator, dtype=torch.double)
    winners.requires_grad_()
    losers.requires_grad_()
    loss = bradley_terry_loss(winners, losers)
    loss.backward()
    wins = [1 / (1 + math.exp(lost - won)) for won, lost in zip(winners.tolist(), losers.tolist(), strict=True)]
    assert loss.item() == pytest.approx(-sum(map(math.log, wins)) / 50)
    assert winners.grad is not None
    assert losers.grad is not None
    torch.testing.assert_close(winners.grad, torch.tensor([(won - 1) / 50 for won in wins], dtype=torch.double))
    torch.testing.assert_close(losers.grad, -winners.grad)


def test_equal_rewards_cost_log_2_and_only_differences_count() -> None:
    assert bradley_terry_loss(torch.full((3,), 5.0), torch.full((3,), 5.0)).item() == pytest.approx(math.log(2))
    winners, losers = torch.tensor([1.0, 2.0]), torch.tensor([0.0, 4.0])
    torch.testing.assert_close(bradley_terry_loss(winners + 7, losers + 7), bradley_terry_loss(winners, losers))


def test_weights_are_shares() -> None:
    winners, losers = torch.tensor([1.0, 2.0, 0.5]), torch.tensor([0.0, 4.0, 1.0])
    each = [bradley_terry_loss(winners[n : n + 1], losers[n : n + 1]).item() for n in range(3)]
    weighed = bradley_terry_loss(winners, losers, torch.tensor([1.0, 0.5, 0.5])).item()
    assert weighed == pytest.approx((each[0] + each[1] / 2 + each[2] / 2) / 2)
    assert bradley_terry_loss(winners, losers, torch.ones(3)).item() == pytest.approx(sum(each) / 3)


def test_plackett_luce_is_the_likelihood_of_a_ranking() -> None:
    scores = torch.tensor([0.3, -1.2, 2.0, 0.1], dtype=torch.double, requires_grad=True)
    order = [2, 0, 3, 1]
    pairs = [(order[i], order[j], i) for i in range(4) for j in range(i + 1, 4)]
    winners, losers, stages = map(list, zip(*pairs, strict=True))
    loss = plackett_luce_loss(scores[winners], scores[losers], torch.tensor(stages) * 5 + 2)
    steps = [torch.softmax(scores[order[i:]], 0)[0].log() for i in range(3)]
    torch.testing.assert_close(loss, -torch.stack(steps).mean())
    (gradient,) = torch.autograd.grad(loss, scores)
    (wanted,) = torch.autograd.grad(-torch.stack(steps).mean(), scores)
    torch.testing.assert_close(gradient, wanted)


def test_plackett_luce_of_pairs_is_bradley_terry_and_nothing_overflows() -> None:
    winners, losers = torch.tensor([1.0, 2.0, -500.0]), torch.tensor([0.0, 4.0, 500.0])
    loss = plackett_luce_loss(winners, losers, torch.tensor([3, 1, 9]))
    torch.testing.assert_close(loss, bradley_terry_loss(winners, losers))
    assert plackett_luce_loss(-losers, -winners, torch.tensor([0, 0, 0])).isfinite()
