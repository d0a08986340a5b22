import copy

import torch

from padzoo.zoo.nets import lora
from padzoo.zoo.nets.policy import Policy


def test_nothing_is_changed_at_first_and_little_can_be() -> None:
    net = Policy("pico").eval()
    whole, frames = copy.deepcopy(net), torch.randint(0, 256, (1, 3, 64, 64, 3), dtype=torch.uint8)
    lora.adapt(net.trunk, rank=2)
    torch.testing.assert_close(net(frames), whole(frames))
    learning = {name: value for name, value in net.trunk.named_parameters() if value.requires_grad}
    assert {name.rpartition(".")[2] for name in learning} == {"down", "up"}
    layers = list(lora.adapted(net.trunk))
    assert len(layers) == 4  # of the block's
    for name, layer in layers:
        layer.parametrizations.weight[0].up.data.normal_()  # type: ignore[union-attr, index]
        change = layer.weight - whole.trunk.get_submodule(name).weight  # type: ignore[operator]
        assert torch.linalg.matrix_rank(change) == 2


def test_changed_weights_are_computed_once_in_play() -> None:
    net = Policy("pico").eval()
    lora.adapt(net.trunk, rank=2)
    layer = next(layer for _, layer in lora.adapted(net.trunk))
    with lora.computed_once():
        assert layer.weight is layer.weight
    assert layer.weight is not layer.weight
