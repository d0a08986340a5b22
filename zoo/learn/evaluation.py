"""What a policy says of steps that were played."""

from typing import NamedTuple

from torch import Tensor


class Evaluation(NamedTuple):
    """What the policy as it is now says of the steps that were played, with a gradient.

    Attributes:
        log_probs: Log-probability of every step's action, summed over the 16 components, `(N,)`.
        kl: KL divergence from the reference at every step, in nats, `(N,)`.
        log_ratio: Log-probability of every step's action less that under the reference, `(N,)`.
        entropy: Entropy of every step's action, in nats, `(N,)`.
    """

    log_probs: Tensor
    kl: Tensor
    log_ratio: Tensor
    entropy: Tensor
