"""The image augmentations of VPT, one draw for a whole window."""

from collections.abc import Sequence
from math import pi
from typing import Final

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

LUMA: Final = np.array([0.299, 0.587, 0.114])  # weights of R, G, B in brightness as the eye sees it (Rec. 601)
# RGB to luma and two chroma axes (YIQ): a change of hue is a rotation of the chroma plane.
YIQ: Final = np.array([LUMA, [0.595716, -0.274453, -0.321263], [0.211456, -0.522591, 0.311135]])
CHUNK: Final = 2**16  # pixels at a time on a CPU: 0.8 MB of floats stay in the cache


class Augment:
    """Changes the look of windows, never their meaning: all frames of a window get the same draw, actions none.

    Uniform draws, in the ranges of VPT (Baker et al. 2022, appendix on behavior cloning) as MineStudio re-implemented
    them: hue +-0.1 turns; saturation, brightness and contrast 0.8 to 1.2; rotation -4 to 2 degrees; scale 0.98 to 1.02;
    shear +-2 degrees; translation +-2 pixels of 128. The four colour changes are one 3 x 4 matrix, the four moves one
    bilinear sampling; what comes in from outside repeats the border. Nothing is mirrored: left must stay left.
    """

    hue = (-0.1, 0.1)  # turns
    saturation = brightness = contrast = (0.8, 1.2)
    rotation = (-4.0, 2.0)  # degrees
    shear = (-2.0, 2.0)  # degrees
    scale = (0.98, 1.02)
    translation = (-2 / 128, 2 / 128)  # of the image's side

    def __call__(self, frames: Tensor, seeds: Sequence[int]) -> Tensor:
        """Augments windows where they lie.

        Args:
            frames: uint8 `(B, T, H, W, 3)` on the CPU or a device; overwritten.
            seeds: One seed a window, `(B,)`: the same seed gives the same draw.

        Returns:
            The same tensor.
        """
        for window, seed in zip(frames, seeds, strict=True):
            self._window(window, seed)
        return frames

    def _window(self, frames: Tensor, seed: int) -> None:
        rng = np.random.default_rng(seed)
        matrix, offset = self._color(rng)
        color = torch.tensor(matrix, dtype=torch.float32, device=frames.device)
        shift = torch.tensor(offset, dtype=torch.float32, device=frames.device)
        theta = torch.tensor(self._move(rng), dtype=torch.float32, device=frames.device)
        _, height, width, _ = frames.shape
        grid = F.affine_grid(theta[None], [1, 1, height, width], align_corners=False)
        step = max(1, CHUNK // (height * width)) if frames.device.type == "cpu" else len(frames)
        for part in torch.split(frames, step):
            # Contiguous planes first: on strided ones the colour product alone would cost as much as all the rest.
            planes = part.permute(0, 3, 1, 2).contiguous().float().flatten(2)  # (n, 3, H * W)
            mixed = torch.baddbmm(shift[:, None].expand(len(planes), 3, 1), color.expand(len(planes), 3, 3), planes)
            moved = F.grid_sample(mixed.view(1, -1, height, width), grid, padding_mode="border", align_corners=False)
            bytes_ = moved.clamp_(0, 255).to(torch.uint8).view(-1, 3, height, width)
            part.copy_(bytes_.permute(0, 2, 3, 1))

    def _color(self, rng: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        angle = 2 * pi * rng.uniform(*self.hue)
        cos, sin = np.cos(angle), np.sin(angle)
        turn = np.linalg.inv(YIQ) @ np.array([[1, 0, 0], [0, cos, -sin], [0, sin, cos]]) @ YIQ
        saturation = rng.uniform(*self.saturation)
        fade = saturation * np.eye(3) + (1 - saturation) * np.tile(LUMA, (3, 1))
        brightness, contrast = rng.uniform(*self.brightness), rng.uniform(*self.contrast)
        # Contrast is about mid-grey; half a step more makes the cut to whole numbers at the end round.
        return contrast * brightness * fade @ turn, np.full(3, 127.5 * (1 - contrast) + 0.5)

    def _move(self, rng: np.random.Generator) -> NDArray[np.float64]:
        angle, shear = np.radians(rng.uniform(*self.rotation)), np.tan(np.radians(rng.uniform(*self.shear)))
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        linear = turn @ np.array([[1, shear], [0, 1]]) / rng.uniform(*self.scale)
        slide = 2 * rng.uniform(*self.translation, size=2)  # the grid's side is 2
        return np.concatenate([linear, slide[:, None]], axis=1)
