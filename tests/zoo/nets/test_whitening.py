import pytest
import torch

from zoo.nets import whitening
from zoo.nets.whitening import Whitening


def features(dtype: torch.dtype = torch.float32) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    mixed = torch.randn(60, 100, 8, generator=generator) @ torch.randn(8, 8, generator=generator)
    return (mixed * torch.logspace(-1, 1, 8) + 3).to(dtype)


def test_is_the_identity_until_fitted() -> None:
    assert torch.equal(Whitening(8)(features()), features())


def test_whitened_features_have_mean_zero_and_unit_covariance(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whitening, "RIDGE", 1e-9)
    net = Whitening(8)
    net.fit(features())
    white = net(features()).flatten(0, 1)
    torch.testing.assert_close(white.mean(0), torch.zeros(8), atol=1e-3, rtol=0)
    torch.testing.assert_close(torch.cov(white.T), torch.eye(8), atol=1e-2, rtol=0)


def test_the_ridge_holds_back_directions_that_hardly_vary() -> None:
    net = Whitening(8)
    net.fit(features())
    variances = torch.linalg.eigvalsh(torch.cov(features().flatten(0, 1).T))
    expected = variances / (variances + whitening.RIDGE * variances.mean())
    torch.testing.assert_close(net(features()).flatten(0, 1).var(0), expected, atol=1e-3, rtol=1e-3)


def test_half_precision_features_are_measured_exactly() -> None:
    half = features(torch.float16)
    one, other = Whitening(8), Whitening(8)
    one.fit(half)
    other.fit(half.float())
    torch.testing.assert_close(one.matrix.abs(), other.matrix.abs())
