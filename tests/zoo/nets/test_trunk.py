import pytest
import torch
from torch import Tensor

from padzoo.zoo.nets.policy import Policy
from padzoo.zoo.nets.trunk import Trunk


class RunningMean(Trunk):
    """The mean of what was seen: no weights, and nothing but `forward`."""

    def forward(self, embeddings: Tensor) -> Tensor:
        counts = torch.arange(1, embeddings.shape[1] + 1)[:, None]
        return embeddings.cumsum(1) / counts


def test_last_and_step_follow_from_forward() -> None:
    trunk, embeddings, lengths = RunningMean(1, 8, 1, context=6), torch.randn(4, 6, 8), torch.tensor([1, 3, 6, 2])
    expected = trunk(embeddings)
    torch.testing.assert_close(trunk.last(embeddings, lengths), expected[torch.arange(4), lengths - 1])
    memory, used = torch.zeros(4, *trunk.memory), torch.zeros(4, dtype=torch.long)
    for rows in ([0], [2, 0], [3, 1, 0], [2]):
        used[rows] += 1
        chosen, ends = torch.tensor(rows), used[rows]
        features = trunk.step(embeddings[chosen, ends - 1], memory, chosen, ends)
        torch.testing.assert_close(features, expected[chosen, ends - 1])


def test_a_policy_has_the_trunk_that_is_named() -> None:
    policy = Policy("pico", trunk=f"{__name__}.RunningMean")
    assert isinstance(policy.trunk, RunningMean)
    assert isinstance(Policy(**policy.config).trunk, RunningMean)
    assert policy.start(3).shape == (3, 32, 32)
    assert "trunk" not in Policy("pico").config  # so that the descriptions of earlier weights are those of today's
    with pytest.raises(ValueError, match="trunk 'gpt': not known; did you mean 'gpt2'"):
        Policy("pico", trunk="gpt")
