import torch

from padzoo.core.gamepad import COMPONENTS, SIZES
from padzoo.zoo.learn.action_accuracy import ActionAccuracy


def test_each_component_is_counted_where_the_mask_is_true() -> None:
    generator = torch.Generator().manual_seed(0)
    actions = torch.stack([torch.randint(size, (3, 5), generator=generator) for size in SIZES], dim=-1)
    predictions = torch.stack([torch.randint(size, (3, 5), generator=generator) for size in SIZES], dim=-1)
    mask = torch.rand(3, 5, generator=generator) < 0.6
    metric = ActionAccuracy()
    metric.update(predictions[:1], actions[:1], mask[:1])
    metric.update(predictions[1:], actions[1:], mask[1:])
    result = metric.compute()
    for index, name in enumerate(COMPONENTS):
        hits = [
            bool(predictions[b, t, index] == actions[b, t, index]) for b in range(3) for t in range(5) if mask[b, t]
        ]
        assert float(result[name]) == torch.tensor(hits).float().mean()
    torch.testing.assert_close(result["mean"], torch.stack([result[name] for name in COMPONENTS]).mean())
