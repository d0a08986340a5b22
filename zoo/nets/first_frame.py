"""A control of reward models: where an episode starts."""

import torch
from torch import Tensor

from padzoo.zoo.nets.agent_features import AgentFeatures
from padzoo.zoo.nets.policy import Policy


class FirstFrame(AgentFeatures):
    """A policy's features of an episode's first frame, at every step: where it starts, and nothing of what is done.

    A control: what a reward model on them gets right, it gets right by the spawn (and sky and light).
    """

    def features(self, frames: Tensor, actions: Tensor | None = None) -> Tensor:
        """Repeats the first step's features; see `StepEncoder.features`."""
        return self.padded(frames, len(frames), actions)

    @torch.no_grad()
    def padded(self, frames: Tensor, steps: int, actions: Tensor | None = None) -> Tensor:
        """Repeats the first step's features, behind the episode too; see `StepEncoder.padded`."""
        first = self.policy.window_features(frames[:1], None if actions is None else actions[:1])
        return first.expand(steps, -1)

    def shares_trunk(self, policy: Policy) -> bool:
        """Whether acting features will do: they are this encoder's at the first step only."""
        return False
