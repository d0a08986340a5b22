"""The Bradley-Terry model of preferences between trajectories (Section 3.5, Equation 1)."""

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid


def bradley_terry_loss(winners: Tensor, losers: Tensor) -> Tensor:
    """Computes the mean negative log-likelihood of preferences.

    Args:
        winners: Rewards of the preferred trajectories, `(P,)`.
        losers: Rewards of the others, `(P,)`.

    Returns:
        Mean of -log sigmoid(winner - loser), a scalar; log 2 where all rewards are equal.
    """
    return -logsigmoid(winners - losers).mean()


def win_rates(rewards: Tensor) -> Tensor:
    """Computes how often each trajectory would be preferred to the others.

    Args:
        rewards: Rewards of N trajectories before any normalisation, `(N,)`.

    Returns:
        Mean of sigmoid(own - other) over the others, `(N,)`, a half on average; 0 where there are no others.
    """
    wins = torch.sigmoid(rewards[:, None] - rewards)  # (N, N), a half on the diagonal
    return (wins.sum(1) - 0.5) / max(len(rewards) - 1, 1)
