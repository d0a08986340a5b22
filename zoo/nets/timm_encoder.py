"""Image encoders out of timm."""

import difflib
from typing import Any

import timm
import torch
from torch import Tensor, nn

from padzoo.zoo.nets.encoder import TIMM, Encoder


class TimmEncoder(Encoder):
    """A timm backbone, untrained: its pooled features, layer-normalised.

    Args:
        image_size: Side of the square image in pixels.
        channels: Not used: a backbone has a width of its own.
        name: The backbone's name in timm, such as `resnet18`.

    Raises:
        ValueError: If timm has no model of that name, or it takes no images of that size.
    """

    def __init__(self, image_size: int, channels: int, name: str) -> None:
        super().__init__(image_size, channels)
        if not timm.is_model(name):
            near = difflib.get_close_matches(name, timm.list_models(), n=3) or ["resnet18"]
            raise ValueError(
                f"encoder {TIMM + name!r}: timm has no such model; did you mean {TIMM}{f', {TIMM}'.join(near)}?"
            )
        fixed = timm.get_pretrained_cfg(name, allow_unregistered=True)
        sized: dict[str, Any] = {"img_size": image_size} if fixed is not None and fixed.fixed_input_size else {}
        try:
            self.backbone = timm.create_model(name, pretrained=False, num_classes=0, **sized)
            with torch.no_grad():  # a few backbones pool to a width other than `num_features`
                probe = torch.zeros(2, 3, image_size, image_size)
                self.dim = int(self.backbone.eval()(probe).shape[-1])
        except Exception as error:  # some are for images of one size, each in its own way
            raise ValueError(
                f"encoder {TIMM + name!r}: takes no {image_size} x {image_size} pixels ({error!r}); allowed: another"
            ) from error
        self.backbone.train()
        self.norm = nn.LayerNorm(self.dim)

    def forward(self, images: Tensor) -> Tensor:
        """Encodes images; see `Encoder.forward`."""
        vectors: Tensor = self.norm(self.backbone(images))  # (N, dim)
        return vectors
