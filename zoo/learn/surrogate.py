"""The clipped surrogate of PPO, which GRPO shares."""

import torch
from torch import Tensor


def clipped_surrogate(log_probs: Tensor, played: Tensor, advantages: Tensor, low: float, high: float) -> Tensor:
    """Computes what a step adds to the objective (Schulman et al. 2017, equation 7).

    Args:
        log_probs: Log-probability of each action under the policy as it is now, `(N,)`, with a gradient.
        played: That under the policy that played it, `(N,)`.
        advantages: How much better each action was than expected, `(N,)`.
        low: How far below 1 the ratio of both probabilities counts; 1 or more clips nothing there.
        high: How far above 1; infinity clips nothing there.

    Returns:
        Terms of the objective, to be made larger, `(N,)`. Where both are the same policy, their gradient is that of
        advantage x log-probability.
    """
    ratio = (log_probs - played).exp()
    return torch.minimum(ratio * advantages, ratio.clamp(1 - low, 1 + high) * advantages)
