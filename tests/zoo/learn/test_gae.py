import pytest
import torch

from padzoo.zoo.learn.gae import gae

LENGTHS = [4, 1, 3]


@pytest.mark.parametrize(("discount", "decay"), [(1.0, 1.0), (0.9, 0.95), (0.99, 0.0)])
def test_it_is_the_decayed_sum_of_temporal_differences(discount: float, decay: float) -> None:
    rewards, values = torch.randn(2, sum(LENGTHS), generator=torch.Generator().manual_seed(0), dtype=torch.double)
    expected = []
    for reward, value in zip(torch.split(rewards, LENGTHS), torch.split(values, LENGTHS), strict=True):
        after = torch.cat([value[1:], torch.zeros(1)])
        differences = reward + discount * after - value
        steps = range(len(reward))
        expected += [
            sum((discount * decay) ** (later - step) * differences[later] for later in steps if later >= step)
            for step in steps
        ]
    torch.testing.assert_close(gae(rewards, values, LENGTHS, discount, decay), torch.stack(expected))  # type: ignore[arg-type]
