"""A step encoder of one's own: which colours a frame shows. `padzoo fit --model.encoder step_encoder.Colours ...`."""

import torch
from torch import Tensor

from padzoo.zoo.nets.step_encoder import StepEncoder


class Colours(StepEncoder):
    """The share of a frame's pixels in each of a few ranges of red, of green and of blue."""

    def __init__(self, image_size: int, ranges: int = 8) -> None:
        super().__init__()
        self.image_size, self.ranges = image_size, ranges
        self.dim = 3 * ranges
        self.arguments = {"image_size": image_size, "ranges": ranges}  # a checkpoint rebuilds it from these

    def features(self, frames: Tensor, actions: Tensor | None = None) -> Tensor:
        """Counts pixels `(T, S, S, 3)`; the base class lengthens the episode with black frames."""
        found = frames.flatten(1, 2).int() * self.ranges // 256  # (T, S * S, 3)
        return torch.cat([(found == one).float().mean(1) for one in range(self.ranges)], dim=1)  # (T, D)
