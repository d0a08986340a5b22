"""The paper's image encoder: convolutions and ConvNeXt blocks."""

from collections import OrderedDict
from typing import Final, cast

import torch
from torch import Tensor, nn

from padzoo.zoo.nets.encoder import Encoder

STAGES: Final = 4  # ConvNeXt block and downsampling, each halving the side and doubling the channels
REACH: Final = 3  # pixels that a depthwise convolution sees to each side


class ConvNeXtBlock(nn.Module):
    """A ConvNeXt block: a depthwise 7 x 7 convolution, LayerNorm, and an MLP of four times the width, with a skip.

    As timm's of that name, weights and names too, without its layer scale; importing timm takes 2 to 5 s a process.

    Args:
        width: Channels.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv_dw = nn.Conv2d(width, width, kernel_size=2 * REACH + 1, padding=REACH, groups=width)
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.mlp = nn.Sequential(
            OrderedDict(fc1=nn.Linear(width, 4 * width), act=nn.GELU(), fc2=nn.Linear(4 * width, width))
        )

    def forward(self, images: Tensor) -> Tensor:
        """Transforms feature maps `(N, C, H, W)`."""
        rows = self.mlp(self.norm(self.depthwise(images).permute(0, 2, 3, 1)))  # (N, H, W, C)
        mixed: Tensor = rows.permute(0, 3, 1, 2) + images
        return mixed

    def depthwise(self, images: Tensor) -> Tensor:
        """Convolves each channel, on a CPU in float32 also under autocast: bfloat16 is slower there."""
        if images.device.type != "cpu":
            return cast(Tensor, self.conv_dw(images))
        if torch.is_autocast_enabled("cpu"):
            with torch.autocast("cpu", enabled=False):
                return self.depthwise(images.float())
        if self.training and images.shape[-1] <= REACH + 1:
            return self._depthwise_by_matrices(images)
        return cast(Tensor, self.conv_dw(images))

    def _depthwise_by_matrices(self, images: Tensor) -> Tensor:
        """Convolves small images, where each pixel sees each: oneDNN's gradient of the kernel is slow for them."""
        side = images.shape[-1]
        pixels = torch.arange(side**2)  # P of them
        row, column = pixels // side + REACH, pixels % side + REACH
        taps = (2 * REACH + 1) * (row[:, None] - pixels // side) + column[:, None] - pixels % side  # (P, P): from, to
        weight, bias = self.conv_dw.parameters()
        matrices = weight.flatten(1)[:, taps]  # (C, P, P)
        mixed = torch.einsum("ncp,cpq->nqc", images.flatten(2), matrices).contiguous() + bias
        return mixed.transpose(1, 2).reshape(images.shape)


class ConvNeXtEncoder(Encoder):
    """The paper's convolutional encoder (Appendix C.1).

    A patch-like convolution (8 x 8, stride 4), then four times a ConvNeXt block and a convolution (3 x 3, stride 2)
    that doubles the channels, flattened and layer-normalised. 128 x 128 pixels and 16 channels give 2 x 2 x 256 = 1024.

    Args:
        image_size: Side of the square image in pixels, a multiple of 64.
        channels: Channels after the first convolution.
    """

    def __init__(self, image_size: int, channels: int) -> None:
        super().__init__(image_size, channels)
        layers: list[nn.Module] = [nn.Conv2d(3, channels, kernel_size=8, stride=4, padding=3)]
        for stage in range(STAGES):
            width = channels << stage
            layers.append(ConvNeXtBlock(width))
            layers.append(nn.Conv2d(width, 2 * width, kernel_size=3, stride=2, padding=1))
        self.convolutions = nn.Sequential(*layers)
        side = image_size // 4 >> STAGES
        self.dim = side * side * (channels << STAGES)
        self.norm = nn.LayerNorm(self.dim)

    def forward(self, images: Tensor) -> Tensor:
        """Encodes images; see `Encoder.forward`."""
        vectors: Tensor = self.norm(self.convolutions(images).flatten(1))  # (N, dim)
        return vectors
