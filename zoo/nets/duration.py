"""A control of reward models: how long an episode lasts."""

from typing import Self

import torch
from torch import Tensor

from padzoo.zoo.nets.policy import Policy
from padzoo.zoo.nets.step_encoder import StepEncoder


class Duration(StepEncoder):
    """1 while an episode lasts and 0 behind it: its length, and nothing of what is seen.

    A control: what a reward model on it gets right, it gets right by the length.
    """

    dim = 1
    image_size = None

    def __init__(self) -> None:
        super().__init__()
        self.arguments = {}

    @classmethod
    def of_policy(cls, policy: Policy, seed: int) -> Self:
        """Builds the encoder of a new reward model."""
        return cls()

    def features(self, frames: Tensor, actions: Tensor | None = None) -> Tensor:
        """Returns ones; see `StepEncoder.features`."""
        return self.padded(frames, len(frames))

    def padded(self, frames: Tensor, steps: int, actions: Tensor | None = None) -> Tensor:
        """Marks the steps of an episode; see `StepEncoder.padded`."""
        return (torch.arange(steps, device=frames.device) < len(frames)).float()[:, None]
