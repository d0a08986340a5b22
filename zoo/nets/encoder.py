"""Image encoders: from a batch of frames to one vector a frame."""

import difflib
from collections import OrderedDict
from typing import Final, cast

import torch
from torch import Tensor, nn

STAGES: Final = 4  # ConvNeXt block and downsampling, each halving the side and doubling the channels
TIMM: Final = "timm/"


class Encoder(nn.Module):
    """An image encoder.

    Attributes:
        dim: Width of its output.
    """

    dim: int


class ConvNeXtBlock(nn.Module):
    """A ConvNeXt block: a depthwise 7 x 7 convolution, LayerNorm, and an MLP of four times the width, with a skip.

    As timm's of that name, weights and names too, without its layer scale; importing timm takes 2 to 5 s a process.

    Args:
        width: Channels.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv_dw = nn.Conv2d(width, width, kernel_size=7, padding=3, groups=width)
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
        """Convolves each channel, on a CPU in float32 also where autocast would take bfloat16.

        There, with AVX-512, bfloat16 took 2.5 times as long forwards and 3.3 times backwards (8 channels, 16 x 16).
        """
        if images.device.type != "cpu" or not torch.is_autocast_enabled("cpu"):
            return cast(Tensor, self.conv_dw(images))
        with torch.autocast("cpu", enabled=False):
            return cast(Tensor, self.conv_dw(images.float()))


class ConvNeXtEncoder(Encoder):
    """The paper's convolutional encoder (Appendix C.1).

    A patch-like convolution (8 x 8, stride 4), then four times a ConvNeXt block and a convolution (3 x 3, stride 2)
    that doubles the channels, flattened and layer-normalised. 128 x 128 pixels and 16 channels give 2 x 2 x 256 = 1024.

    Args:
        image_size: Side of the square image in pixels, a multiple of 64.
        channels: Channels after the first convolution.
    """

    def __init__(self, image_size: int, channels: int) -> None:
        super().__init__()
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
        """Encodes images.

        Args:
            images: Pixels in [0, 1], `(N, 3, S, S)`, channels_last in memory for speed.

        Returns:
            Vectors, `(N, dim)`.
        """
        vectors: Tensor = self.norm(self.convolutions(images).flatten(1))  # (N, dim)
        return vectors


def build_encoder(name: str, image_size: int, channels: int) -> Encoder:
    """Builds an image encoder by name.

    Args:
        name: `convnext` (the paper's) or `timm/<backbone>`.
        image_size: Side of the square image in pixels.
        channels: Channels after the first convolution of `convnext`.

    Returns:
        The encoder; its `dim` is the width of its output.

    Raises:
        ValueError: If the name is unknown.
    """
    if name == "convnext":
        return ConvNeXtEncoder(image_size, channels)
    import timm  # takes 2 to 5 s, and the paper's encoder does without

    from padzoo.zoo.nets.timm_encoder import TimmEncoder

    if name.startswith(TIMM):
        return TimmEncoder(name.removeprefix(TIMM), image_size)
    hint = ""
    if timm.is_model(name):
        hint = f"did you mean {TIMM + name!r}? "
    elif difflib.get_close_matches(name, ["convnext"]):
        hint = "did you mean 'convnext'? "
    raise ValueError(f"encoder {name!r} is not known; {hint}allowed: 'convnext' or '{TIMM}<backbone>'")
