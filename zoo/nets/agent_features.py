"""The features of a policy as a reward model's step encoder."""

from collections.abc import Sequence
from typing import Any, Self

import torch
from torch import Tensor

from padzoo.core.gamepad import NEUTRAL
from padzoo.zoo.nets.policy import Policy
from padzoo.zoo.nets.step_encoder import StepEncoder


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
        self.arguments = {"policy": policy.config}

    @classmethod
    def of_policy(cls, policy: Policy, seed: int) -> Self:
        """Builds the encoder of a new reward model."""
        return cls(policy)

    @classmethod
    def from_arguments(cls, arguments: dict[str, Any]) -> Self:
        """Rebuilds an encoder from its policy's `config`."""
        return cls(Policy(**arguments["policy"]))

    @torch.no_grad()
    def features(self, frames: Tensor, actions: Tensor | None = None) -> Tensor:
        """Computes the features of an episode; see `StepEncoder.features`."""
        return self.policy.window_features(frames, actions)

    @torch.no_grad()
    def padded(self, frames: Tensor, steps: int, actions: Tensor | None = None) -> Tensor:
        """Computes the features of an episode that black frames lengthen; see `StepEncoder.padded`."""
        embeddings = self.policy.embed(frames)
        chosen = None if actions is None else [actions]
        return self.pad([self.policy.features(embeddings, actions)], [embeddings], steps, chosen)[0]

    @torch.no_grad()
    def pad(
        self,
        features: Sequence[Tensor],
        embeddings: Sequence[Tensor],
        steps: int,
        actions: Sequence[Tensor] | None = None,
    ) -> Tensor:
        """Lengthens episodes' features by those of black frames behind them.

        Args:
            features: Features of each of B episodes, `(T, D)`.
            embeddings: Embeddings of its frames, `(T, D)`.
            steps: Length after padding, the greatest T or more.
            actions: Actions of each, as for `padded`.

        Returns:
            Features, `(B, steps, D)`.
        """
        side, device = self.policy.image_size, embeddings[0].device
        black = self.policy.embed(torch.zeros(1, side, side, 3, dtype=torch.uint8, device=device))
        chosen = [None] * len(features) if actions is None else actions
        padded = [self._pad(*each, black, steps) for each in zip(features, embeddings, chosen, strict=True)]
        return torch.stack(padded)

    def _pad(self, features: Tensor, embeddings: Tensor, actions: Tensor | None, black: Tensor, steps: int) -> Tensor:
        length = len(features)
        stop = min(steps, length + self.policy.reach)  # from there on a step sees black alone, as the one before does
        inputs = torch.cat([embeddings, black.expand(stop - length, -1)])
        if actions is not None:
            neutral = torch.tensor([NEUTRAL], device=actions.device).expand(stop - length, -1)
            actions = torch.cat([actions, neutral])
        computed = torch.cat([features, self.policy.features(inputs, actions, start=length)])
        return torch.cat([computed, computed[-1:].expand(steps - stop, -1)])

    def shares_trunk(self, policy: Policy) -> bool:
        """Whether a policy computes the same features: all weights but the head's are equal.

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
