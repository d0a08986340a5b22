"""Image encoders: from a batch of frames to one vector a frame."""

import difflib
from typing import Any, Final

import timm
import torch
from timm.models.convnext import ConvNeXtBlock
from torch import Tensor, nn

STAGES: Final = 4  # ConvNeXt block and downsampling, each halving the side and doubling the channels
TIMM: Final = "timm/"


class ConvNeXtEncoder(nn.Module):
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
            layers.append(ConvNeXtBlock(width, ls_init_value=None))
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


class TimmEncoder(nn.Module):
    """Any timm backbone, untrained: its pooled features, layer-normalised.

    Args:
        name: The backbone's name in timm, such as `resnet18`.
        image_size: Side of the square image in pixels.

    Raises:
        ValueError: If timm has no model of that name.
    """

    def __init__(self, name: str, image_size: int) -> None:
        super().__init__()
        if not timm.is_model(name):
            near = difflib.get_close_matches(name, timm.list_models(), n=3) or ["resnet18"]
            raise ValueError(
                f"encoder {TIMM + name!r}: timm has no such model; did you mean {TIMM}{f', {TIMM}'.join(near)}?"
            )
        fixed = timm.get_pretrained_cfg(name, allow_unregistered=True)
        sized: dict[str, Any] = {"img_size": image_size} if fixed is not None and fixed.fixed_input_size else {}
        self.backbone = timm.create_model(name, pretrained=False, num_classes=0, **sized)
        with torch.no_grad():  # a few backbones pool to a width other than `num_features`
            probe = torch.zeros(2, 3, image_size, image_size)
            self.dim = int(self.backbone.eval()(probe).shape[-1])
        self.backbone.train()
        self.norm = nn.LayerNorm(self.dim)

    def forward(self, images: Tensor) -> Tensor:
        """Encodes images.

        Args:
            images: Pixels in [0, 1], `(N, 3, S, S)`.

        Returns:
            Vectors, `(N, dim)`.
        """
        vectors: Tensor = self.norm(self.backbone(images))  # (N, dim)
        return vectors


Encoder = ConvNeXtEncoder | TimmEncoder


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
    if name.startswith(TIMM):
        return TimmEncoder(name.removeprefix(TIMM), image_size)
    guess = next((known for known in (TIMM + name, "convnext") if _resembles(name, known)), None)
    hint = f"did you mean {guess!r}? " if guess else ""
    raise ValueError(f"encoder {name!r} is not known; {hint}allowed: 'convnext' or '{TIMM}<backbone>'")


def _resembles(name: str, known: str) -> bool:
    return timm.is_model(name) if known.startswith(TIMM) else bool(difflib.get_close_matches(name, [known]))
