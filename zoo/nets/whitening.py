"""Whitening of features: what varies little weighs as much as what varies much."""

from typing import Final

import torch
from torch import Tensor, nn

# Variance added to every direction, as a share of the mean variance. On 300 rollouts of a fine-tuned tiny agent,
# both sides, at 0.001, 0.01, 0.1: accuracy 71.7, 73.2, 74.2 % with 105 comparisons, 93.4, 92.8, 92.2 % with 44,850.
RIDGE: Final = 0.1


class Whitening(nn.Module):
    """Turns and scales features so that every direction varies alike (principal components at unit variance).

    Of an agent's features a few directions hold nearly all the variance, and they tell of the context more than of the
    place: 44,850 comparisons gave reward models of 85 % test accuracy to the left and 81 % to the right on the plain
    features of a fine-tuned agent, 94 % and 92 % on the same whitened.

    Args:
        dim: Width of a step's features, D.
    """

    mean: Tensor  # (D,)
    matrix: Tensor  # (D, D)

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(dim))
        self.register_buffer("matrix", torch.eye(dim))

    @torch.no_grad()
    def fit(self, features: Tensor) -> None:
        """Measures mean and covariance.

        Args:
            features: Features, `(..., D)`, in any floating-point precision.
        """
        flat = features.flatten(0, -2)
        self.mean.copy_(flat.mean(0, dtype=torch.float64))
        covariance = torch.zeros_like(self.matrix, dtype=torch.float64)
        for part in torch.split(flat, 4096):
            centred = part.double() - self.mean
            covariance += centred.T @ centred / len(flat)
        variances, directions = torch.linalg.eigh(covariance)
        self.matrix.copy_(directions / (variances.clamp(min=0) + RIDGE * variances.mean()).sqrt())

    def forward(self, features: Tensor) -> Tensor:
        """Whitens features.

        Args:
            features: Features, `(..., D)`.
        """
        return (features - self.mean) @ self.matrix
