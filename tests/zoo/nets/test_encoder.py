import pytest
import torch

from padzoo.zoo.nets.encoder import build_encoder


@pytest.mark.parametrize("name", ["timm/resnet10t", "timm/vit_tiny_patch16_224"])
def test_any_timm_backbone_is_an_encoder(name: str) -> None:
    encoder = build_encoder(name, 64, 8)
    assert encoder(torch.rand(2, 3, 64, 64)).shape == (2, encoder.dim)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("convnxt", r"'convnxt': not known; did you mean 'convnext'\? allowed: convnext, timm/<backbone>, or a dotted"),
        ("timm/resnt18", r"'timm/resnt18': timm has no such model; did you mean timm/resnet18, "),
        ("resnet18", r"encoder 'resnet18': not known; allowed: convnext, timm/<backbone>, or a dotted path$"),
        ("torch.nn.Conv2d", r"'torch\.nn\.Conv2d': allowed: a subclass of padzoo\.zoo\.nets\.encoder\.Encoder$"),
    ],
)
def test_unknown_names_are_refused(name: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build_encoder(name, 64, 8)
