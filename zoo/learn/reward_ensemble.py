"""Reward models that reward together."""

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn

from padzoo.envs.rollout import Rollout
from padzoo.zoo import hub
from padzoo.zoo.nets.policy import Policy
from padzoo.zoo.nets.reward import RewardNet
from padzoo.zoo.play.agent import thoughts


class RewardEnsemble(nn.Module):
    """Rewards episodes with the mean of some frozen reward models, less a share of their disagreement.

    Where they were trained on other preferences or from other seeds, they disagree on what none of them has seen: a
    pessimistic mean keeps a policy from there (Coste et al. 2024).

    Args:
        references: The reward models: `.ckpt`, folders of weights or names of the zoo.
        policy: The policy that plays.
        frozen: Whether its features stay as they are: then those of its play are not computed again.
        pessimism: How many standard deviations are taken off, 0 or more.

    Raises:
        ValueError: If one of them is no reward model.
    """

    def __init__(self, references: Sequence[str], policy: Policy, frozen: bool, pessimism: float) -> None:
        super().__init__()
        self.models = nn.ModuleList(hub.load(each, "reward").requires_grad_(False) for each in references)
        self.shared = [frozen and model.shares_trunk(policy) for model in self.members]
        self.pessimism = pessimism

    @property
    def members(self) -> list[RewardNet]:
        """The reward models."""
        return [cast(RewardNet, model) for model in self.models]

    @torch.no_grad()
    def forward(self, rollouts: Sequence[Rollout]) -> Tensor:
        """Rewards episodes.

        Args:
            rollouts: B episodes.

        Returns:
            Rewards, each model's normalised, `(B,)`.

        Raises:
            ValueError: If a reward is NaN or infinite, which would look like the best.
        """
        every = torch.stack(
            [model(features) for model, features in zip(self.members, self.features(rollouts), strict=True)]
        )  # (M, B)
        if not every.isfinite().all():
            raise ValueError(
                "reward model: a reward is NaN or infinite; allowed: a reward model whose rewards are finite"
            )
        rewards: Tensor = every.mean(0)
        return rewards - self.pessimism * every.std(0, correction=0) if self.pessimism else rewards

    @torch.no_grad()
    def features(self, rollouts: Sequence[Rollout]) -> list[Tensor]:
        """Returns what each model sees of episodes.

        Args:
            rollouts: B episodes.

        Returns:
            Features of each model, `(B, steps, D)`.
        """
        return [
            self._features(model, shared, rollouts) for model, shared in zip(self.members, self.shared, strict=True)
        ]

    def _features(self, model: RewardNet, shared: bool, rollouts: Sequence[Rollout]) -> Tensor:
        """Returns what a model sees of episodes, `(B, steps, D)`; what acting computed where that will do."""
        device = model.minimum.device
        actions = [torch.from_numpy(rollout.actions).long().to(device) for rollout in rollouts]
        if shared:
            found = [thoughts(rollout) for rollout in rollouts]
            return model.pad_features([each.features for each in found], [each.embeddings for each in found], actions)
        frames = [torch.from_numpy(rollout.trajectory.frames).to(device) for rollout in rollouts]
        return torch.stack([model.features(*pair) for pair in zip(frames, actions, strict=True)])
