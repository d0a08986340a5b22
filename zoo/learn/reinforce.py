"""REINFORCE, the paper's aligner."""

from typing import Any, Literal, get_args

from torch import Tensor

from padzoo.zoo.learn.advantages import leave_one_out
from padzoo.zoo.learn.aligner import Aligner

Baseline = Literal["none", "leave_one_out"]


class Reinforce(Aligner):
    """Aligns a policy with a reward model by undiscounted REINFORCE (Section 3.6, Appendix C.4).

    Args:
        policy: The policy to align, and the reference of the KL term: a `.ckpt`, a folder of weights or a name of the
            zoo.
        reward: The reward model: a `.ckpt`, a folder of weights or a name of the zoo; several are an ensemble.
        baseline: What is taken off a reward: `none`, as in the paper, or `leave_one_out`, the mean of the others' in
            the batch, whatever their starts.
        settings: What every aligner has; see `Aligner`.

    Raises:
        ValueError: If a setting is not allowed.
    """

    def __init__(self, policy: str, reward: str | list[str], baseline: Baseline = "none", **settings: Any) -> None:
        if baseline not in get_args(Baseline):
            raise ValueError(f"model.baseline {baseline!r}: allowed: {', '.join(get_args(Baseline))}")
        super().__init__(policy, reward, **settings)
        self.baseline: Baseline = baseline

    def advantages(self, rewards: Tensor, groups: Tensor) -> Tensor:
        """Returns the rewards, less what the others got; see `Aligner.advantages`."""
        return leave_one_out(rewards) if self.baseline == "leave_one_out" else rewards
