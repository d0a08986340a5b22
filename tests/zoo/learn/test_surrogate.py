import math

import torch

from padzoo.zoo.learn.surrogate import clipped_surrogate

PLAYED = torch.tensor([-1.0, -2.0, -1.5, -0.5])
ADVANTAGES = torch.tensor([1.0, -1.0, 2.0, -2.0])


def test_where_the_policy_has_played_itself_the_gradient_is_the_policy_gradients() -> None:
    log_probs = PLAYED.clone().requires_grad_()
    clipped_surrogate(log_probs, PLAYED, ADVANTAGES, 0.2, 0.2).sum().backward()
    assert log_probs.grad is not None
    torch.testing.assert_close(log_probs.grad, ADVANTAGES)


def test_nothing_is_gained_beyond_the_clips_and_what_went_wrong_is_mended() -> None:
    log_probs = (PLAYED + torch.tensor([1.0, -1.0, -1.0, 1.0])).requires_grad_()
    terms = clipped_surrogate(log_probs, PLAYED, ADVANTAGES, 0.2, 0.3)
    terms.sum().backward()
    torch.testing.assert_close(terms, torch.tensor([1.3, -0.8, 2 * math.exp(-1), -2 * math.e]))
    assert log_probs.grad is not None
    assert (log_probs.grad != 0).tolist() == [False, False, True, True]
