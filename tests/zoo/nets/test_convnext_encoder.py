import pytest
import torch
from timm.models import convnext
from torch import nn

from padzoo.zoo.nets.convnext_encoder import ConvNeXtBlock, ConvNeXtEncoder


@pytest.mark.parametrize(
    ("size", "channels", "shapes"),
    [
        (128, 16, [(16, 32), (32, 16), (64, 8), (128, 4), (256, 2)]),
        (64, 8, [(8, 16), (16, 8), (32, 4), (64, 2), (128, 1)]),
    ],
)
def test_shapes_are_those_of_the_paper(size: int, channels: int, shapes: list[tuple[int, int]]) -> None:
    encoder = ConvNeXtEncoder(size, channels)
    seen = []
    for layer in encoder.convolutions:
        if isinstance(layer, nn.Conv2d):
            layer.register_forward_hook(lambda _, __, out: seen.append((out.shape[1], out.shape[2])))
    vectors = encoder(torch.rand(2, 3, size, size))
    assert seen == shapes
    assert vectors.shape == (2, encoder.dim) == (2, shapes[-1][0] * shapes[-1][1] ** 2)


@pytest.mark.parametrize(("size", "channels", "count"), [(128, 16, 585_056), (64, 8, 150_320)])
def test_parameter_count(size: int, channels: int, count: int) -> None:
    with torch.device("meta"):
        encoder = ConvNeXtEncoder(size, channels)
    assert sum(p.numel() for p in encoder.parameters()) == count


def test_output_is_layer_normalised() -> None:
    vectors = ConvNeXtEncoder(64, 8)(torch.rand(4, 3, 64, 64))
    torch.testing.assert_close(vectors.mean(-1), torch.zeros(4), atol=1e-5, rtol=0)
    torch.testing.assert_close(vectors.std(-1, correction=0), torch.ones(4), atol=0.02, rtol=0)


def test_memory_layout_does_not_change_the_result() -> None:
    encoder, images = ConvNeXtEncoder(64, 8), torch.rand(2, 3, 64, 64)
    torch.testing.assert_close(encoder(images.to(memory_format=torch.channels_last)), encoder(images))


@pytest.mark.parametrize("width", [8, 64])
def test_a_block_is_timms(width: int) -> None:
    torch.manual_seed(0)
    ours = ConvNeXtBlock(width)
    torch.manual_seed(0)
    theirs = convnext.ConvNeXtBlock(width, ls_init_value=None)
    weights = theirs.state_dict()
    assert weights.keys() == ours.state_dict().keys()
    assert all(torch.equal(value, weights[name]) for name, value in ours.state_dict().items())
    images = torch.rand(2, width, 8, 8)
    assert torch.equal(ours(images), theirs(images))


@pytest.mark.parametrize("side", [1, 2, 3, 4])
def test_small_images_are_convolved_by_matrices_as_by_a_convolution(side: int) -> None:
    block, images = ConvNeXtBlock(8).double(), torch.rand(3, 8, side, side, dtype=torch.double, requires_grad=True)
    weight = torch.rand_like(images)
    found, expected = (
        (mixed, *torch.autograd.grad((mixed * weight).sum(), [images, *block.conv_dw.parameters()]))
        for mixed in (block.train().depthwise(images), block.conv_dw(images))
    )
    torch.testing.assert_close(found, expected)


def test_depthwise_convolutions_compute_in_float32_under_autocast_on_a_cpu() -> None:
    block, images = ConvNeXtBlock(8), torch.rand(2, 8, 16, 16)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        mixed, whole = block.depthwise(images.bfloat16()), block(images.bfloat16())
    assert mixed.dtype == torch.float32
    torch.testing.assert_close(mixed, block.conv_dw(images.bfloat16().float()))
    assert whole.dtype == torch.bfloat16
