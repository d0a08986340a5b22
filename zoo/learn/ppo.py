"""PPO with a critic."""

from dataclasses import replace
from typing import Any, Final

import torch
from torch import Tensor, nn

from padzoo.zoo.learn.experience import Experience
from padzoo.zoo.learn.gae import gae
from padzoo.zoo.learn.repeated_aligner import RepeatedAligner
from padzoo.zoo.learn.surrogate import clipped_surrogate
from padzoo.zoo.play.agent import thoughts

HORIZON: Final = 100  # steps that count as 1 for the critic


class PPO(RepeatedAligner):
    """Aligns a policy by proximal policy optimisation (Schulman et al. 2017; of Appendix A's further methods).

    The reward model's reward comes at an episode's last step; a critic on the policy's features and the time says at
    each step what to expect, and the advantage of an action is what it changed.

    Args:
        policy: The policy to align, and the reference of the KL term: a `.ckpt`, a folder of weights or a name of the
            zoo.
        reward: The reward model: a `.ckpt`, a folder of weights or a name of the zoo; several are an ensemble.
        clip_low: How far below 1 the ratio of the new to the old probability of an action counts.
        clip_high: How far above 1.
        discount: What a reward a step later is worth, over 0 to 1.
        gae_lambda: 0 trusts the critic's next value, 1 what was rewarded to the end.
        value_weight: Weight of the critic's squared error.
        hidden: Hidden width of the critic.
        normalized: Whether the advantages of a batch are given mean 0 and standard deviation 1.
        settings: What every repeated aligner has; see `RepeatedAligner`. `scale` and `drop_even`, which are about
            whole episodes, have no meaning here.

    Raises:
        ValueError: If a setting is not allowed.
    """

    def __init__(
        self,
        policy: str,
        reward: str | list[str],
        clip_low: float = 0.2,
        clip_high: float = 0.25,
        discount: float = 1.0,
        gae_lambda: float = 0.95,
        value_weight: float = 0.5,
        hidden: int = 128,
        normalized: bool = True,
        **settings: Any,
    ) -> None:
        super().__init__(policy, reward, **settings)
        if self.scale != "none" or self.drop_even:
            raise ValueError(f"model.scale {self.scale}, model.drop_even {self.drop_even}: allowed: none, false")
        for name, value in (("discount", discount), ("gae_lambda", gae_lambda)):
            if not 0 <= value <= 1:
                raise ValueError(f"model.{name} {value}: allowed: 0 to 1")
        self.clip_low, self.clip_high = clip_low, clip_high
        self.discount, self.gae_lambda = discount, gae_lambda
        self.value_weight = value_weight
        self.normalized = normalized
        last = nn.Linear(hidden, 1)
        for parameter in last.parameters():
            nn.init.zeros_(parameter)  # it expects nothing at first
        self.critic = nn.Sequential(nn.Linear(self.net.width + 1, hidden), nn.Tanh(), last)

    def prepare(self, experience: Experience) -> Experience:
        """Adds what the critic expected, and how much better each action was."""
        with torch.no_grad():
            found, values = self.evaluate(experience), self.values(experience)
        rewards = torch.zeros_like(values)
        rewards[torch.tensor(experience.lengths, device=rewards.device).cumsum(0) - 1] = experience.rewards
        if self.kl_in == "reward":
            rewards = rewards - self.kl_weight * found.log_ratio
        advantages = gae(rewards, values, experience.lengths, self.discount, self.gae_lambda)
        returns = advantages + values
        if self.normalized:
            advantages = (advantages - advantages.mean()) / advantages.std(correction=0).clamp(min=1e-6)
        return replace(experience, log_probs=found.log_probs, advantages=advantages, returns=returns)

    def loss(self, experience: Experience, log_probs: Tensor) -> Tensor:
        """Adds the critic's error to the clipped surrogate; see `Aligner.loss`."""
        assert experience.log_probs is not None
        assert experience.advantages is not None
        assert experience.returns is not None
        terms = clipped_surrogate(
            log_probs, experience.log_probs, experience.advantages, self.clip_low, self.clip_high
        )  # (N,)
        error = (self.values(experience) - experience.returns).square().mean()
        self.log("train/value_loss", error)
        return self.value_weight * error - self.averaged(experience, terms)

    def averaged(self, experience: Experience, steps: Tensor) -> Tensor:
        """Averages over the steps of all episodes; see `Aligner.averaged`."""
        return steps.mean()

    def values(self, experience: Experience) -> Tensor:
        """Asks the critic what each step's episode will be rewarded with from there on.

        Args:
            experience: N steps of B episodes.

        Returns:
            Values, `(N,)`.
        """
        features = torch.cat([thoughts(rollout).features for rollout in experience.rollouts]).to(self.device)  # (N, D)
        time = torch.cat([torch.arange(length) for length in experience.lengths]).to(features) / HORIZON  # (N,)
        found: Tensor = self.critic(torch.cat([features, time[:, None]], dim=1))[:, 0]
        return found
