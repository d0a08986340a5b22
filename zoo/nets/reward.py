"""The reward model: one number for a whole trajectory, learnt from preferences (Section 3.5, Appendix C.3)."""

from collections.abc import Sequence
from typing import Any, Final, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from padzoo.zoo.nets.agent_features import AgentFeatures
from padzoo.zoo.nets.policy import Policy
from padzoo.zoo.nets.principal_components import PrincipalComponents
from padzoo.zoo.nets.reward_head import REWARD_HEADS
from padzoo.zoo.nets.step_encoder import StepEncoder, build_step_encoder

STEPS: Final = 100
CHUNK: Final = 64  # trajectories that are scored at once
Frames = Tensor | NDArray[np.uint8]


class RewardNet(nn.Module):
    """A reward model: a frozen step encoder, a learnt score and its range over the training set.

    Args:
        encoder: The step encoder or the `config` of one.
        steps: Steps that every trajectory is padded to with black frames.
        components: How many principal components of the features are scored; None scores the features themselves.
        head: `mlp` (the paper's) or the dotted path of a `RewardHead`.

    Attributes:
        minimum: Least raw score over the training set, a scalar; normalisation maps it to 0.
        maximum: Greatest raw score over the training set, a scalar; normalisation maps it to 1.
    """

    minimum: Tensor
    maximum: Tensor

    def __init__(
        self,
        encoder: StepEncoder | dict[str, Any],
        steps: int = STEPS,
        components: int | None = None,
        head: str = "mlp",
    ) -> None:
        super().__init__()
        found = encoder if isinstance(encoder, StepEncoder) else build_step_encoder(encoder)
        self.encoder = found.requires_grad_(False).eval()
        self.components = PrincipalComponents(self.encoder.dim, components) if components is not None else None
        self.head = REWARD_HEADS.find(head)(components or self.encoder.dim, steps)
        self.steps = steps
        self.config: dict[str, Any] = {"encoder": self.encoder.config, "steps": steps, "components": components}
        if head != "mlp":  # the descriptions of earlier weights do not name it
            self.config["head"] = head
        self.register_buffer("minimum", torch.tensor(0.0))
        self.register_buffer("maximum", torch.tensor(1.0))

    def features(self, frames: Frames, actions: Tensor | None = None) -> Tensor:
        """Computes the frozen features of one trajectory, padded with black frames.

        Args:
            frames: Pixels, uint8, `(T, S, S, 3)`, T at most `steps`.
            actions: Actions chosen at these frames, int64, `(T, 16)`, for an agent that sees past actions.

        Returns:
            Features, `(steps, D)`.

        Raises:
            ValueError: If the trajectory is too long or its frames have another size.
        """
        self._check_length(frames)
        device = self.minimum.device
        chosen = None if actions is None else actions.to(device)
        return self.encoder.padded(torch.as_tensor(frames, device=device), self.steps, chosen)

    def pad_features(
        self, features: Sequence[Tensor], embeddings: Sequence[Tensor], actions: Sequence[Tensor] | None = None
    ) -> Tensor:
        """Pads what acting has computed already; right only if `shares_trunk` is true of the acting policy.

        Args:
            features: Features of each trajectory's steps, `(T, D)`, T at most `steps`.
            embeddings: Embeddings of its frames, `(T, D)`: black frames behind it are seen after its last 31.
            actions: Actions of each, as for `features`.

        Returns:
            Features, `(N, steps, D)`.

        Raises:
            ValueError: If a trajectory is too long.
        """
        assert isinstance(self.encoder, AgentFeatures)
        for each in features:
            self._check_length(each)
        device = self.minimum.device
        played, seen = ([each.to(device) for each in every] for every in (features, embeddings))
        return self.encoder.pad(played, seen, self.steps, actions)

    def shares_trunk(self, policy: Policy) -> bool:
        """Whether a policy's acting features are this reward model's: same weights, the head's aside.

        Args:
            policy: The acting policy.
        """
        return isinstance(self.encoder, AgentFeatures) and self.encoder.shares_trunk(policy)

    def reduce(self, features: Tensor) -> Tensor:
        """Reduces features to what is scored: their principal components, or themselves.

        Args:
            features: Features, `(..., D)`.

        Returns:
            What is scored, `(..., components or D)`.
        """
        return features if self.components is None else self.components(features)

    def score(self, reduced: Tensor) -> Tensor:
        """Scores padded trajectories.

        Args:
            reduced: What `reduce` returned, `(N, steps, components or D)`.

        Returns:
            Raw scores, `(N,)`.
        """
        with torch.autocast(reduced.device.type, enabled=False):  # the 8 bits of bfloat16 would tie most pairs
            scores: Tensor = self.head(reduced.float())
        return scores

    @torch.no_grad()
    def measure_range(self, reduced: Tensor) -> None:
        """Takes the least and greatest score over the training set, which normalise rewards (Appendix C.3).

        Args:
            reduced: What `reduce` returned for every trajectory, `(M, steps, components or D)`.

        Raises:
            ValueError: If all scores are equal.
        """
        scores = torch.cat([self.score(part.float()) for part in torch.split(reduced, CHUNK)])
        if scores.min() == scores.max():
            raise ValueError("every training trajectory gets the same reward: there is no range to normalise by")
        self.minimum.copy_(scores.min())
        self.maximum.copy_(scores.max())  # in place: a checkpoint's state holds these very tensors

    def forward(self, features: Tensor) -> Tensor:
        """Rewards padded trajectories: the training set's range of raw scores is mapped onto [0, 1].

        Args:
            features: What `features` or `pad_features` returned for each, `(N, steps, D)`.

        Returns:
            Rewards, `(N,)`; those of scores outside that range lie outside [0, 1].
        """
        return (self.score(self.reduce(features)) - self.minimum) / (self.maximum - self.minimum)

    @torch.no_grad()
    def reward(self, trajectories: Sequence[Frames], actions: Sequence[Tensor] | None = None) -> Tensor:
        """Rewards trajectories from their frames.

        Args:
            trajectories: Pixels of each, uint8, `(T, S, S, 3)`.
            actions: Actions of each, int64, `(T, 16)`, for an agent that sees past actions.

        Returns:
            Rewards, `(N,)`.

        Raises:
            ValueError: As `features` does.
        """
        chosen = actions if actions is not None else [None] * len(trajectories)
        features = [self.features(frames, given) for frames, given in zip(trajectories, chosen, strict=True)]
        rewards: Tensor = self(torch.stack(features))
        return rewards

    def train(self, mode: bool = True) -> Self:
        """Switches to training or evaluation; the frozen encoder stays in evaluation."""
        super().train(mode)
        self.encoder.eval()
        return self

    def _check_length(self, trajectory: Frames) -> None:
        if len(trajectory) > self.steps:
            raise ValueError(f"trajectory of {len(trajectory)} steps: this reward model takes at most {self.steps}")
