"""REINFORCE, the paper's aligner."""

from typing import Any, Literal

from torch import Tensor

from padzoo.zoo.learn.aligner import Aligner
from padzoo.zoo.learn.experience import Experience

Baseline = Literal["none", "leave_one_out"]


def reinforce_loss(log_probs: Tensor, rewards: Tensor, baseline: Baseline) -> Tensor:
    """Computes the undiscounted REINFORCE loss (Section 3.6, Appendix C.4).

    Args:
        log_probs: Log-probability of each episode, summed over its steps and the 16 action components, `(B,)`.
        rewards: Reward of each episode, `(B,)`.
        baseline: What is taken off an episode's reward: nothing, as in the paper, or the mean reward of the others.

    Returns:
        Mean over the episodes of -advantage x log-probability, a scalar.
    """
    advantages = rewards.detach()
    if baseline == "leave_one_out" and len(rewards) > 1:
        advantages = (advantages - advantages.mean()) * len(rewards) / (len(rewards) - 1)
    return -(advantages * log_probs).mean()


class Reinforce(Aligner):
    """Aligns a policy with a reward model by REINFORCE (Section 3.6, Appendix C.4).

    Args:
        policy: The policy to align, and the reference of the KL term: a `.ckpt`, a folder of weights or a name of the
            zoo.
        reward: The reward model: a `.ckpt`, a folder of weights or a name of the zoo.
        baseline: What is taken off a reward: `none`, as in the paper, or `leave_one_out`, the mean of the others'.
        settings: What every aligner has; see `Aligner`.
    """

    def __init__(self, policy: str, reward: str, baseline: Baseline = "none", **settings: Any) -> None:
        super().__init__(policy, reward, **settings)
        self.baseline: Baseline = baseline

    def loss(self, experience: Experience, log_probs: Tensor) -> Tensor:
        """Weighs each episode's log-probability with its advantage; see `Aligner.loss`."""
        return reinforce_loss(experience.per_episode(log_probs), experience.rewards, self.baseline)
