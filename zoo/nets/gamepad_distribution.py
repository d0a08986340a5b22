"""The distribution of one gamepad action: 16 independent categorical components."""

from typing import Final

import torch
from torch import Tensor

from padzoo.core.gamepad import AXES, BUCKETS, BUTTONS, SIZES

LOGITS: Final = sum(SIZES)  # 68: 12 buttons x 2, then 4 axes x 11
_BUTTON_LOGITS: Final = 2 * len(BUTTONS)


class GamepadDistribution:
    """Independent categorical distributions over the 12 buttons and the 4 axes.

    Args:
        logits: Unnormalised log-probabilities, `(..., 68)`: two a button, then eleven an axis.
    """

    def __init__(self, logits: Tensor) -> None:
        buttons, axes = logits.float().tensor_split((_BUTTON_LOGITS,), dim=-1)
        self._parts = (  # log-probabilities, two tensors instead of one padded with -inf: no 0 x inf anywhere
            buttons.reshape(*logits.shape[:-1], len(BUTTONS), 2).log_softmax(-1),  # (..., 12, 2)
            axes.reshape(*logits.shape[:-1], len(AXES), BUCKETS).log_softmax(-1),  # (..., 4, 11)
        )

    def log_probs(self, actions: Tensor) -> Tensor:
        """Log-probability of every component of an action.

        Args:
            actions: Gamepad actions, int64, `(..., 16)`.

        Returns:
            Log-probabilities, `(..., 16)`.
        """
        chosen = actions.tensor_split((len(BUTTONS),), dim=-1)
        parts = zip(self._parts, chosen, strict=True)
        return torch.cat([log.gather(-1, action[..., None])[..., 0] for log, action in parts], dim=-1)

    def log_prob(self, actions: Tensor) -> Tensor:
        """Log-probability of whole actions.

        Args:
            actions: Gamepad actions, int64, `(..., 16)`.

        Returns:
            Sums over the 16 components, `(...)`.
        """
        return self.log_probs(actions).sum(-1)

    def sample(self, uniform: Tensor) -> Tensor:
        """Draws actions by inverting each component's cumulative distribution: same numbers in, same action out.

        Args:
            uniform: Random numbers in [0, 1), `(..., 16)`.

        Returns:
            Gamepad actions, int64, `(..., 16)`.
        """
        draws = uniform.tensor_split((len(BUTTONS),), dim=-1)
        parts = zip(self._parts, draws, strict=True)
        return torch.cat(
            # the last edge is left out: rounded, it can lie below the draw
            [(log.exp().cumsum(-1)[..., :-1] <= draw[..., None]).sum(-1) for log, draw in parts],
            dim=-1,
        )

    def mode(self) -> Tensor:
        """Returns each component's most likely choice, int64, `(..., 16)`."""
        return torch.cat([log.argmax(-1) for log in self._parts], dim=-1)

    def entropy(self) -> Tensor:
        """Entropy of the whole action in nats.

        Returns:
            Entropies, `(...)`.
        """
        return torch.stack([-(log.exp() * log).sum((-1, -2)) for log in self._parts]).sum(0)

    def kl(self, other: "GamepadDistribution") -> Tensor:
        """Kullback-Leibler divergence KL(self || other) of the whole action in nats.

        Args:
            other: The distribution to compare with, of the same batch shape.

        Returns:
            Divergences, `(...)`.
        """
        parts = zip(self._parts, other._parts, strict=True)
        return torch.stack([(mine.exp() * (mine - theirs)).sum((-1, -2)) for mine, theirs in parts]).sum(0)
