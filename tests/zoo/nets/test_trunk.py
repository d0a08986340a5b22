import pytest
import torch
from torch import Tensor

from padzoo.zoo.nets.policy import Policy
from padzoo.zoo.nets.trunk import TRUNKS, Trunk


class RunningMean(Trunk):
    """The mean of what was seen: no weights, and nothing but `forward`."""

    def forward(self, embeddings: Tensor) -> Tensor:
        counts = torch.arange(1, embeddings.shape[1] + 1)[:, None]
        return embeddings.cumsum(1) / counts


@pytest.fixture(params=[RunningMean, *map(TRUNKS.find, TRUNKS.names)])
def trunk(request: pytest.FixtureRequest) -> Trunk:
    """A trunk of each kind, with weights large enough that every part of it shows in the output."""
    torch.manual_seed(0)
    trunk: Trunk = request.param(layers=2, width=8, heads=2, context=6)
    with torch.no_grad():
        for parameter in trunk.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    return trunk.eval()


@torch.no_grad()
def test_features_depend_on_the_past_only(trunk: Trunk) -> None:
    embeddings = torch.randn(2, 6, 8)
    changed = embeddings.clone()
    changed[:, 3] *= -1  # adding a constant would fall to the LayerNorms
    moved = (trunk(changed) - trunk(embeddings)).abs().amax((0, 2)) > 1e-5
    assert moved.tolist() == [False] * 3 + [True] * 3


@torch.no_grad()
def test_last_and_step_follow_from_forward(trunk: Trunk) -> None:
    embeddings, lengths = torch.randn(4, 6, 8), torch.tensor([1, 3, 6, 2])
    expected = trunk(embeddings)
    assert expected.shape == embeddings.shape
    last = trunk.last(embeddings, lengths)
    torch.testing.assert_close(last, expected[torch.arange(4), lengths - 1], atol=1e-5, rtol=1e-5)
    memory, used = torch.randn(4, *trunk.memory), torch.zeros(4, dtype=torch.long)
    for rows in ([0], [2, 0], [3, 1, 0], [2], [0, 1, 2, 3], [0, 2], [2]):
        used[rows] += 1
        chosen, ends = torch.tensor(rows), used[rows]
        features = trunk.step(embeddings[chosen, ends - 1], memory, chosen, ends)
        torch.testing.assert_close(features, expected[chosen, ends - 1], atol=1e-5, rtol=1e-5)


def test_a_policy_has_the_trunk_that_is_named() -> None:
    policy = Policy("pico", trunk=f"{__name__}.RunningMean")
    assert isinstance(policy.trunk, RunningMean)
    assert isinstance(Policy(**policy.config).trunk, RunningMean)
    assert policy.start(3).shape == (3, 32, 32)
    assert "trunk" not in Policy("pico").config  # so that the descriptions of earlier weights are those of today's
    with pytest.raises(ValueError, match="trunk 'gpt': not known; did you mean 'gpt2'"):
        Policy("pico", trunk="gpt")
