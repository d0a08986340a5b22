"""The Bradley-Terry model of preferences between trajectories (Section 3.5, Equation 1)."""

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
