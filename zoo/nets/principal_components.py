"""Principal components of features: a few directions, each at unit variance."""

from typing import Final

import torch
from torch import Tensor, nn

# Variance added to every direction, as a share of the mean variance: the last components kept weigh a little less.
RIDGE: Final = 0.1


class PrincipalComponents(nn.Module):
    """Reduces features to their leading principal components, each scaled to unit variance.

    A few directions hold nearly all the variance of an agent's features, and say more of the context than of the place.

    Args:
        dim: Width of a step's features, D.
        components: How many to keep, 1 to D.

    Raises:
        ValueError: If there are not so many.
    """

    mean: Tensor  # (D,)
    matrix: Tensor  # (D, components)

    def __init__(self, dim: int, components: int) -> None:
        if not 1 <= components <= dim:
            raise ValueError(f"components {components}: allowed: 1 to {dim}, the width of the features")
        super().__init__()
        self.register_buffer("mean", torch.zeros(dim))
        self.register_buffer("matrix", torch.eye(dim, components))

    @torch.no_grad()
    def fit(self, features: Tensor) -> None:
        """Measures mean and covariance.

        Args:
            features: Features, `(..., D)`, in any floating-point precision.
        """
        flat = features.flatten(0, -2)
        self.mean.copy_(flat.mean(0, dtype=torch.float64))
        covariance = torch.zeros(2 * self.mean.shape, dtype=torch.float64, device=flat.device)
        for part in torch.split(flat, 4096):
            centred = part.double() - self.mean
            covariance += centred.T @ centred / len(flat)
        variances, directions = torch.linalg.eigh(covariance)  # the greatest come last
        scaled = directions / (variances.clamp(min=0) + RIDGE * variances.mean()).sqrt()
        self.matrix.copy_(scaled[:, -self.matrix.shape[1] :])

    def forward(self, features: Tensor) -> Tensor:
        """Reduces features.

        Args:
            features: Features, `(..., D)`.

        Returns:
            Their components, `(..., components)`.
        """
        return (features - self.mean) @ self.matrix
