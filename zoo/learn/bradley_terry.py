"""The Bradley-Terry model of preferences between trajectories (Section 3.5, Equation 1), and Plackett and Luce's."""

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid, relu


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


def plackett_luce_loss(winners: Tensor, losers: Tensor, stages: Tensor) -> Tensor:
    """Computes the mean negative log-likelihood of choices of the best among several: a ranking is one after another.

    Where each winner beat one loser, this is the Bradley-Terry loss.

    Args:
        winners: Rewards of the preferred trajectories, `(P,)`.
        losers: Rewards of the others, `(P,)`.
        stages: Numbers of the choices, int64 `(P,)`: alike for all that one winner beat in one ranking.

    Returns:
        Mean of -log (exp winner / (exp winner + sum of exp loser)) over the choices, a scalar.
    """
    _, choice = torch.unique(stages, return_inverse=True)  # (P,)
    lead = losers - winners  # (P,)
    zeros = lead.new_zeros(int(choice.max()) + 1)  # (S,)
    most = relu(zeros.scatter_reduce(0, choice, lead.detach(), "amax"))  # (S,), so that no exponential overflows
    total = torch.exp(-most).index_add(0, choice, torch.exp(lead - most[choice]))  # (S,)
    return (most + total.log()).mean()
