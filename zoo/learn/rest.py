"""ReST: imitation of the best of one's own episodes, again and again."""

from typing import Any

import torch
from torch import Tensor

from padzoo.zoo.learn.experience import Experience
from padzoo.zoo.learn.repeated_aligner import RepeatedAligner


class ReST(RepeatedAligner):
    """Aligns a policy by reinforced self-training (Gulcehre et al. 2023): preference fine-tuning, iterated.

    Every batch is a round of the paper's Section 3.6: many episodes are played, the best rewarded are imitated.

    Args:
        policy: The policy to align, and the reference of the KL term: a `.ckpt`, a folder of weights or a name of the
            zoo.
        reward: The reward model: a `.ckpt`, a folder of weights or a name of the zoo; several are an ensemble.
        top: Share of a round's episodes to imitate, over 0 to 1; one at least.
        settings: What every repeated aligner has; see `RepeatedAligner`. `scale` and a `kl_in` of `reward`, which
            change how much better an episode was, have no meaning here: the best are imitated alike.

    Raises:
        ValueError: If a setting is not allowed.
    """

    def __init__(self, policy: str, reward: str | list[str], top: float = 0.15, **settings: Any) -> None:
        if not 0 < top <= 1:
            raise ValueError(f"model.top {top}: allowed: over 0 to 1")
        super().__init__(policy, reward, **settings)
        if self.scale != "none" or self.kl_in == "reward":
            raise ValueError(f"model.scale {self.scale}, model.kl_in {self.kl_in}: allowed: none, loss")
        self.top = top

    def prepare(self, experience: Experience) -> Experience | None:
        """Keeps the best; see `Aligner.prepare`."""
        found = super().prepare(experience)
        if found is None:
            return None
        count = max(1, round(self.top * len(found.rewards)))
        return found.select(torch.topk(found.rewards, count).indices.sort().values.tolist())

    def loss(self, experience: Experience, log_probs: Tensor) -> Tensor:
        """Imitates every step of the episodes; see `Aligner.loss`."""
        return -self.averaged(experience, log_probs)

    def averaged(self, experience: Experience, steps: Tensor) -> Tensor:
        """Averages over the steps of all episodes; see `Aligner.averaged`."""
        return steps.mean()
