"""The Bradley-Terry model of preferences between trajectories (Section 3.5, Equation 1)."""

from torch import Tensor
from torch.nn.functional import logsigmoid


def bradley_terry_loss(winners: Tensor, losers: Tensor, weights: Tensor | None = None) -> Tensor:
    """Computes the mean negative log-likelihood of preferences.

    Args:
        winners: Rewards of the preferred trajectories, `(P,)`.
        losers: Rewards of the others, `(P,)`.
        weights: How much each preference counts, `(P,)`; None for alike.

    Returns:
        Mean of -log sigmoid(winner - loser), a scalar; log 2 where all rewards are equal.
    """
    likelihoods = logsigmoid(winners - losers)  # (P,)
    return -likelihoods.mean() if weights is None else -(weights * likelihoods).sum() / weights.sum()
