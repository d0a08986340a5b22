"""Image encoders: from a batch of frames to one vector a frame."""

from typing import Any, Final

from torch import Tensor, nn

from padzoo.zoo.nets.parts import Parts

TIMM: Final = "timm/"


class Encoder(nn.Module):
    """An image encoder. A subclass defines `forward` and `dim`.

    Args:
        image_size: Side of the square image in pixels.
        channels: How wide, as the policy's size has it; `convnext` has so many after its first convolution.

    Attributes:
        dim: Width of its output.
    """

    dim: int

    def __init__(self, image_size: int, channels: int) -> None:
        super().__init__()

    def forward(self, images: Tensor) -> Tensor:
        """Encodes images.

        Args:
            images: Pixels in [0, 1], `(N, 3, S, S)`, channels_last in memory for speed.

        Returns:
            Vectors, `(N, dim)`.
        """
        raise NotImplementedError


ENCODERS: Final = Parts(
    "encoder",
    Encoder,
    {
        "convnext": "padzoo.zoo.nets.convnext_encoder.ConvNeXtEncoder",
        "timm/<backbone>": "padzoo.zoo.nets.timm_encoder.TimmEncoder",  # timm takes 2 to 5 s to import
    },
)


def build_encoder(name: str, image_size: int, channels: int) -> Encoder:
    """Builds an image encoder by name.

    Args:
        name: `convnext` (the paper's), `timm/<backbone>` or the dotted path of an `Encoder`.
        image_size: Side of the square image in pixels.
        channels: Channels after the first convolution of `convnext`.

    Returns:
        The encoder; its `dim` is the width of its output.

    Raises:
        ValueError: If the name is unknown.
    """
    if isinstance(name, str) and name.startswith(TIMM):
        timm_encoder: Any = ENCODERS.find("timm/<backbone>")
        return timm_encoder(image_size, channels, name.removeprefix(TIMM))  # type: ignore[no-any-return]
    return ENCODERS.find(name)(image_size, channels)
