"""Frozen encoders of a reward model: one feature vector a step."""

from abc import abstractmethod
from typing import Any

import torch
from torch import Tensor, nn

from padzoo.core.gamepad import NEUTRAL
from padzoo.zoo.nets.policy import Policy


class StepEncoder(nn.Module):
    """Turns an episode into one vector a step; never trained.

    Attributes:
        dim: Width of a step's features.
        image_size: Side of the frames that it sees in pixels; None if any will do.
        config: The plain values that `build_step_encoder` rebuilds it from.
    """

    dim: int
    image_size: int | None
    config: dict[str, Any]

    @abstractmethod
    def padded(self, frames: Tensor, steps: int, actions: Tensor | None = None) -> Tensor:
        """Computes the features of an episode that black frames lengthen (Appendix C.3).

        The black frames run through the encoder as any frame does.

        Args:
            frames: Pixels of the episode, uint8, `(T, S, S, 3)`.
            steps: Length after padding, T or more.
            actions: Actions chosen at these frames, int64, `(T, 16)`, for an encoder that sees past actions; behind
                them come neutral ones.

        Returns:
            Features, `(steps, D)`.
        """

    def features(self, frames: Tensor, actions: Tensor | None = None) -> Tensor:
        """Computes the features of an episode.

        Args:
            frames: Pixels, uint8, `(T, S, S, 3)`.
            actions: Actions chosen at these frames, int64, `(T, 16)`, for an encoder that sees past actions.

        Returns:
            Features, `(T, D)`.
        """
        return self.padded(frames, len(frames), actions)


class AgentFeatures(StepEncoder):
    """A policy's final LayerNorm output at every step, as acting sees it (Appendix C.3, agent encoder).

    Args:
        policy: The policy; its weights are kept with the reward model and frozen.
    """

    def __init__(self, policy: Policy) -> None:
        super().__init__()
        self.policy = policy.requires_grad_(False).eval()
        self.dim = policy.width
        self.image_size = policy.image_size
        self.config = {"kind": "agent", "policy": policy.config}

    @torch.no_grad()
    def padded(self, frames: Tensor, steps: int, actions: Tensor | None = None) -> Tensor:
        """Computes the features of an episode that black frames lengthen; see `StepEncoder.padded`."""
        embeddings = self.policy.embed(frames)
        return self.pad(self.policy.features(embeddings, actions), embeddings, steps, actions)

    @torch.no_grad()
    def pad(self, features: Tensor, embeddings: Tensor, steps: int, actions: Tensor | None = None) -> Tensor:
        """Lengthens an episode's features by those of black frames behind it.

        Args:
            features: Features of the episode, `(T, D)`.
            embeddings: Embeddings of its frames, `(T, D)`.
            steps: Length after padding, T or more.
            actions: As for `padded`.

        Returns:
            Features, `(steps, D)`.
        """
        length, context = len(features), self.policy.context
        first = max(length - context + 1, 0)  # frames that the first black one's window sees
        stop = min(steps, length + context)  # from step `length + 31` on a window is all black: one is computed
        side = self.policy.image_size
        black = self.policy.embed(torch.zeros(1, side, side, 3, dtype=torch.uint8, device=embeddings.device))
        inputs = torch.cat([embeddings[first:], black.expand(stop - length, -1)])
        if actions is not None:
            neutral = torch.tensor([NEUTRAL], device=actions.device).expand(stop - length, -1)
            actions = torch.cat([actions[first:], neutral])
        computed = torch.cat([features, self.policy.features(inputs, actions, start=length - first)])
        return torch.cat([computed, computed[-1:].expand(steps - stop, -1)])

    def shares_trunk(self, policy: Policy) -> bool:
        """Tells whether a policy computes the same features: all weights but the head's are equal.

        Args:
            policy: The policy to compare with.
        """
        if policy.config != self.policy.config:
            return False
        theirs = policy.state_dict()
        return all(
            torch.equal(mine, theirs[name].to(mine.device))
            for name, mine in self.policy.state_dict().items()
            if not name.startswith("head.")
        )


class RandomProjection(StepEncoder):
    """A random linear map of a frame's pixels, kept as its seed alone (Appendix C.3, random encoder).

    Args:
        image_size: Side of the square frames in pixels.
        seed: Seed of the map.
        dim: Width of a step's features.
    """

    weight: Tensor  # (D, S * S * 3)

    def __init__(self, image_size: int, seed: int = 0, dim: int = 512) -> None:
        super().__init__()
        self.dim, self.image_size = dim, image_size
        self.config = {"kind": "random_projection", "image_size": image_size, "seed": seed, "dim": dim}
        pixels = image_size * image_size * 3
        generator = torch.Generator("cpu").manual_seed(seed)
        weight = torch.randn(dim, pixels, generator=generator, device="cpu") * pixels**-0.5  # outputs within about 1
        self.register_buffer("weight", weight, persistent=False)

    @torch.no_grad()
    def padded(self, frames: Tensor, steps: int, actions: Tensor | None = None) -> Tensor:
        """Computes the features of an episode that black frames lengthen; see `StepEncoder.padded`."""
        side = self.config["image_size"]
        if frames.shape[1:] != (side, side, 3):
            found = " x ".join(map(str, frames.shape[1:]))
            raise ValueError(f"frames of {found}: this random projection sees {side} x {side} x 3")
        projected = frames.flatten(1).float() / 255 @ self.weight.T  # (T, D)
        return torch.cat([projected, projected.new_zeros(steps - len(frames), self.dim)])  # a linear map of black is 0


class FirstFrame(AgentFeatures):
    """A policy's features of an episode's first frame, at every step: where it starts, and nothing of what is done.

    A control: what a reward model on them gets right, it gets right by the spawn (and sky and light).

    Args:
        policy: As for `AgentFeatures`.
    """

    def __init__(self, policy: Policy) -> None:
        super().__init__(policy)
        self.config = {"kind": "first_frame", "policy": policy.config}

    @torch.no_grad()
    def padded(self, frames: Tensor, steps: int, actions: Tensor | None = None) -> Tensor:
        """Repeats the first step's features, behind the episode too; see `StepEncoder.padded`."""
        first = self.policy.window_features(frames[:1], None if actions is None else actions[:1])
        return first.expand(steps, -1)

    def shares_trunk(self, policy: Policy) -> bool:
        """Tells whether acting features will do: they are this encoder's at the first step only."""
        return False


class Duration(StepEncoder):
    """1 while an episode lasts and 0 behind it: its length, and nothing of what is seen.

    A control: what a reward model on it gets right, it gets right by the length.
    """

    dim = 1
    image_size = None

    def __init__(self) -> None:
        super().__init__()
        self.config = {"kind": "duration"}

    def padded(self, frames: Tensor, steps: int, actions: Tensor | None = None) -> Tensor:
        """Marks the steps of an episode; see `StepEncoder.padded`."""
        return (torch.arange(steps, device=frames.device) < len(frames)).float()[:, None]


def build_step_encoder(config: dict[str, Any]) -> StepEncoder:
    """Rebuilds a step encoder from its `config`.

    Args:
        config: `kind` (`agent`, `random_projection`, `first_frame` or `duration`) and what that kind is built from.

    Returns:
        The encoder; an agent's weights are fresh.

    Raises:
        ValueError: If the kind is unknown.
    """
    values = dict(config)
    kind = values.pop("kind", None)
    if kind in ("agent", "first_frame"):
        policy = Policy(**values["policy"])
        return AgentFeatures(policy) if kind == "agent" else FirstFrame(policy)
    if kind == "random_projection":
        return RandomProjection(**values)
    if kind == "duration":
        return Duration()
    known = "'agent', 'random_projection', 'first_frame', 'duration'"
    raise ValueError(f"reward encoder {kind!r} is not known; allowed: {known}")
