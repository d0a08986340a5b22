"""An aligner of one's own: learn from the better half.

padzoo fit --config experiment/reinforce.yaml --model aligner.BetterHalf --model.policy policy_tiny.sft \\
    --model.reward reward_tiny.left --data.batch_size 2 --game.args '{"max_steps": 10}' --trainer.max_steps 1 \\
    --trainer.default_root_dir runs/mine
"""

from torch import Tensor

from padzoo.zoo.learn.aligner import Aligner
from padzoo.zoo.learn.experience import Experience


class BetterHalf(Aligner):
    """Makes the episodes likelier that were rewarded at least as the median; the others count for nothing."""

    def loss(self, experience: Experience, log_probs: Tensor) -> Tensor:
        """Imitates the better half of the batch; the KL term is added by the base."""
        chosen = experience.rewards >= experience.rewards.median()
        return -experience.per_episode(log_probs)[chosen].mean()
