"""A random linear map of pixels as a reward model's step encoder."""

from typing import Self

import torch
from torch import Tensor

from padzoo.zoo.nets.policy import Policy
from padzoo.zoo.nets.step_encoder import StepEncoder


class RandomProjection(StepEncoder):
    """A random linear map of a frame's pixels, kept as its seed alone (Appendix C.3, random encoder).

    Args:
        image_size: Side of the square frames in pixels.
        seed: Seed of the map.
        dim: Width of a step's features.
    """

    image_size: int
    weight: Tensor  # (D, S * S * 3)

    def __init__(self, image_size: int, seed: int = 0, dim: int = 512) -> None:
        super().__init__()
        self.dim, self.image_size = dim, image_size
        self.arguments = {"image_size": image_size, "seed": seed, "dim": dim}
        pixels = image_size * image_size * 3
        generator = torch.Generator("cpu").manual_seed(seed)
        weight = torch.randn(dim, pixels, generator=generator, device="cpu") * pixels**-0.5  # outputs within about 1
        self.register_buffer("weight", weight, persistent=False)

    @classmethod
    def of_policy(cls, policy: Policy, seed: int) -> Self:
        """Builds the encoder of a new reward model."""
        return cls(policy.image_size, seed)

    @torch.no_grad()
    def features(self, frames: Tensor, actions: Tensor | None = None) -> Tensor:
        """Projects frames; see `StepEncoder.features`.

        Raises:
            ValueError: If the frames have another size.
        """
        side = self.image_size
        if frames.shape[1:] != (side, side, 3):
            found = " x ".join(map(str, frames.shape[1:]))
            raise ValueError(f"frames of {found}: this random projection sees {side} x {side} x 3")
        return frames.flatten(1).float() / 255 @ self.weight.T

    @torch.no_grad()
    def padded(self, frames: Tensor, steps: int, actions: Tensor | None = None) -> Tensor:
        """Computes the features of an episode that black frames lengthen; see `StepEncoder.padded`."""
        projected = self.features(frames)
        return torch.cat([projected, projected.new_zeros(steps - len(frames), self.dim)])  # a linear map of black is 0
