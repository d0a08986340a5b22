import pytest
import torch

from padzoo.zoo.nets import principal_components
from padzoo.zoo.nets.principal_components import PrincipalComponents


def features(dtype: torch.dtype = torch.float32) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    mixed = torch.randn(60, 100, 8, generator=generator) @ torch.randn(8, 8, generator=generator)
    return (mixed * torch.logspace(-1, 1, 8) + 3).to(dtype)


def test_is_the_identity_until_fitted() -> None:
    assert torch.equal(PrincipalComponents(8, 8)(features()), features())


def test_components_have_mean_zero_and_unit_covariance(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(principal_components, "RIDGE", 1e-9)
    net = PrincipalComponents(8, 8)
    net.fit(features())
    found = net(features()).flatten(0, 1)
    torch.testing.assert_close(found.mean(0), torch.zeros(8), atol=1e-3, rtol=0)
    torch.testing.assert_close(torch.cov(found.T), torch.eye(8), atol=1e-2, rtol=0)


def test_the_ridge_holds_back_directions_that_hardly_vary() -> None:
    net = PrincipalComponents(8, 8)
    net.fit(features())
    variances = torch.linalg.eigvalsh(torch.cov(features().flatten(0, 1).T))
    expected = variances / (variances + principal_components.RIDGE * variances.mean())
    torch.testing.assert_close(net(features()).flatten(0, 1).var(0), expected, atol=1e-3, rtol=1e-3)


def test_half_precision_features_are_measured_exactly() -> None:
    half = features(torch.float16)
    one, other = PrincipalComponents(8, 8), PrincipalComponents(8, 8)
    one.fit(half)
    other.fit(half.float())
    torch.testing.assert_close(one.matrix.abs(), other.matrix.abs())


def test_the_components_that_vary_most_are_kept() -> None:
    every, some = PrincipalComponents(8, 8), PrincipalComponents(8, 3)
    every.fit(features())
    some.fit(features())
    torch.testing.assert_close(some(features()), every(features())[..., -3:])
    centred = features().flatten(0, 1) - some.mean
    scores = torch.linalg.svd(centred, full_matrices=False).U[:, :3]  # an independent way to the same three directions
    found = torch.nn.functional.normalize(some(features()).flatten(0, 1), dim=0)
    torch.testing.assert_close((scores.T @ found).abs(), torch.eye(3).flip(1), atol=1e-3, rtol=0)


@pytest.mark.parametrize("components", [0, 9])
def test_refuses_more_components_than_there_are(components: int) -> None:
    with pytest.raises(ValueError, match=f"components {components}: allowed: 1 to 8"):
        PrincipalComponents(8, components)
