"""Frozen encoders of reward models: one feature vector a step."""

from typing import Any, Final, Self

import torch
from torch import Tensor, nn

from padzoo.core.gamepad import NEUTRAL
from padzoo.zoo.nets.parts import Parts
from padzoo.zoo.nets.policy import Policy


class StepEncoder(nn.Module):
    """Turns an episode into one vector a step; never trained. A subclass defines `features` and the attributes.

    Attributes:
        dim: Width of a step's features.
        image_size: Side of the frames that it sees in pixels; None if any will do.
        arguments: The plain values that `from_arguments` rebuilds it from.
    """

    dim: int
    image_size: int | None
    arguments: dict[str, Any]

    @classmethod
    def of_policy(cls, policy: Policy, seed: int) -> Self:
        """Builds the encoder of a new reward model; a subclass with other arguments than `image_size` overrides it.

        Args:
            policy: A policy that sees frames of the right size.
            seed: Seed of what is random about it.
        """
        return cls(policy.image_size)

    @classmethod
    def from_arguments(cls, arguments: dict[str, Any]) -> Self:
        """Rebuilds an encoder; its weights are fresh.

        Args:
            arguments: Its `arguments`.
        """
        return cls(**arguments)

    @property
    def config(self) -> dict[str, Any]:
        """The plain values that `build_step_encoder` rebuilds it from: its `kind` and its arguments."""
        return {"kind": STEP_ENCODERS.name(self), **self.arguments}

    def features(self, frames: Tensor, actions: Tensor | None = None) -> Tensor:
        """Computes the features of an episode.

        Args:
            frames: Pixels, uint8, `(T, S, S, 3)`.
            actions: Actions chosen at these frames, int64, `(T, 16)`, for an encoder that sees past actions.

        Returns:
            Features, `(T, D)`.
        """
        raise NotImplementedError

    def padded(self, frames: Tensor, steps: int, actions: Tensor | None = None) -> Tensor:
        """Computes the features of an episode that black frames lengthen (Appendix C.3).

        The black frames run through the encoder as any frame does, with neutral actions.

        Args:
            frames: Pixels of the episode, uint8, `(T, S, S, 3)`.
            steps: Length after padding, T or more.
            actions: As for `features`.

        Returns:
            Features, `(steps, D)`.
        """
        behind = steps - len(frames)
        if actions is not None:
            actions = torch.cat([actions, actions.new_tensor([NEUTRAL]).expand(behind, -1)])
        return self.features(torch.cat([frames, frames.new_zeros(behind, *frames.shape[1:])]), actions)


STEP_ENCODERS: Final = Parts(
    "step_encoder",
    StepEncoder,
    {
        "agent": "padzoo.zoo.nets.agent_features.AgentFeatures",
        "random_projection": "padzoo.zoo.nets.random_projection.RandomProjection",
        "first_frame": "padzoo.zoo.nets.first_frame.FirstFrame",
        "duration": "padzoo.zoo.nets.duration.Duration",
    },
)


def build_step_encoder(config: dict[str, Any]) -> StepEncoder:
    """Rebuilds a step encoder from its `config`.

    Args:
        config: `kind`, a plain name or the dotted path of a `StepEncoder`, and what that kind is built from.

    Returns:
        The encoder; an agent's weights are fresh.

    Raises:
        ValueError: If the kind is unknown.
    """
    arguments = dict(config)
    return STEP_ENCODERS.find(arguments.pop("kind", None)).from_arguments(arguments)
