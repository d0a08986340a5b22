"""Aligners without games: batches whose episodes are one step long, so that an episode is an action."""

from dataclasses import replace
from types import MethodType, SimpleNamespace
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor

from padzoo.core.episode import Episode, Start
from padzoo.envs.rollout import Rollout
from padzoo.zoo.learn.advantages import scaled
from padzoo.zoo.learn.aligner import Aligner
from padzoo.zoo.learn.experience import Experience
from padzoo.zoo.nets.gamepad_distribution import LOGITS


def played(rewards: Tensor, starts: list[int] | None = None, lengths: list[int] | None = None) -> Experience:
    """Makes a batch of episodes.

    Args:
        rewards: Their rewards, `(B,)`.
        starts: The start of each; of its own, if left out.
        lengths: The steps of each; one, if left out.
    """
    starts, lengths = starts or list(range(len(rewards))), lengths or [1] * len(rewards)
    rollouts = [
        Rollout(Episode(Start(seed)), number, {}, actions=np.zeros((length, 16), np.int8))
        for number, (seed, length) in enumerate(zip(starts, lengths, strict=True))
    ]
    actions = torch.zeros(sum(lengths), 16, dtype=torch.long)
    return Experience(rollouts, actions, rewards, reference=torch.zeros(sum(lengths), LOGITS))


def loss_of(kind: type[Aligner], experience: Experience, log_probs: Tensor, **settings: Any) -> Tensor:
    """Computes an algorithm's loss of a batch, without a network.

    Args:
        kind: The algorithm.
        experience: The batch.
        log_probs: Log-probability of every step's action, `(N,)`, with a gradient.
        settings: Those of the algorithm.
    """
    module = cast(Aligner, SimpleNamespace(**settings))
    module.averaged = MethodType(kind.averaged, module)  # type: ignore[method-assign]
    found = kind.advantages(module, experience.rewards, experience.groups)
    found = scaled(found, experience.rewards, experience.groups, settings.get("scale", "none"))
    given = replace(experience, log_probs=log_probs.detach(), advantages=experience.per_step(found))
    return kind.loss(module, given, log_probs)
