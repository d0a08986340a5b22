"""Aligners that learn from every batch of episodes more than once."""

from dataclasses import replace
from typing import Any, Final

import numpy as np
import torch
from lightning.pytorch import Trainer
from lightning.pytorch.core.optimizer import LightningOptimizer
from torch import Tensor
from torch.optim.lr_scheduler import LRScheduler

from padzoo.core.episode import Episode
from padzoo.zoo.learn.aligner import Aligner
from padzoo.zoo.learn.experience import Experience

PATIENCE: Final = 100  # batches in a row


class RepeatedAligner(Aligner):
    """Learns from every batch of episodes in several passes, each in several updates.

    A batch of play is `epochs` x `minibatches` updates, which `trainer.max_steps` counts. It is learnt from whole or
    not at all: a training resumes between two batches of play. It ends with an error if there was nothing to learn from
    for as many batches in a row as nobody would wait for.

    Args:
        policy: The policy to align, and the reference of the KL term: a `.ckpt`, a folder of weights or a name of the
            zoo.
        reward: The reward model: a `.ckpt`, a folder of weights or a name of the zoo; several are an ensemble.
        epochs: Passes over every batch of play.
        minibatches: Updates a pass, each with as many episodes, or one an episode if there are fewer of them to learn
            from; the batch is shuffled for every pass.
        settings: What every aligner has; see `Aligner`.

    Raises:
        ValueError: If a setting is not allowed.
    """

    def __init__(
        self,
        policy: str,
        reward: str | list[str],
        epochs: int = 4,
        minibatches: int = 1,
        **settings: Any,
    ) -> None:
        for name, value in (("epochs", epochs), ("minibatches", minibatches)):
            if value < 1:
                raise ValueError(f"model.{name} {value}: allowed: 1 or more")
        super().__init__(policy, reward, **settings)
        self.automatic_optimization = False
        self.epochs = epochs
        self.minibatches = minibatches
        self.clip: tuple[float | None, str | None] = (None, None)
        self._idle = 0  # batches in a row without anything to learn from

    def clip_by_itself(self, trainer: Trainer) -> None:
        """Takes over the clipping of gradients, which Lightning does for one update a batch alone.

        Args:
            trainer: The trainer, as it was set up; it does not clip any more.

        Raises:
            ValueError: If its precision scales gradients: they are unscaled too late to be clipped before.
        """
        if trainer.precision == "16-mixed" and trainer.gradient_clip_val:
            raise ValueError(
                f"trainer.precision 16-mixed: {type(self).__name__} cannot clip gradients that are scaled; allowed: "
                "bf16-mixed, 32-true, or no trainer.gradient_clip_val"
            )
        self.clip = (trainer.gradient_clip_val, trainer.gradient_clip_algorithm)
        trainer.gradient_clip_val = trainer.gradient_clip_algorithm = None

    def training_step(self, batch: list[Episode], batch_index: int) -> None:
        """Plays a batch of episodes, rewards them and learns from them."""
        experience = self.collect(batch)
        count = 0 if experience is None else len(experience.rollouts)
        most = int(torch.as_tensor(self.all_gather(torch.tensor(count, device=self.device))).max())  # of any rank
        self._idle = 0 if most else self._idle + 1
        if self._idle == PATIENCE:
            raise ValueError(
                f"update {self.global_step}: nothing to learn from in {PATIENCE} batches of play; allowed: games that "
                "do not crash, and with model.drop_even rewards that differ"
            )
        rng = np.random.default_rng((self.seed, self.global_step, self.global_rank))
        for _ in range(self.epochs if most else 0):
            for part in np.array_split(rng.permutation(count), min(self.minibatches, most)):
                # A rank without episodes takes part in the sum of gradients that the others wait for.
                chosen = None if experience is None or not len(part) else experience.select(part.tolist())
                self._update(self._no_loss() if chosen is None else self.objective(chosen))

    def prepare(self, experience: Experience) -> Experience | None:
        """Adds the log-probabilities under the policy that has played; see `Aligner.prepare`."""
        with torch.no_grad():
            played = self.evaluate(experience).log_probs
        return super().prepare(replace(experience, log_probs=played))

    def _update(self, loss: Tensor) -> None:
        optimizer, schedule = self.optimizers(), self.lr_schedulers()
        assert isinstance(optimizer, LightningOptimizer)
        assert isinstance(schedule, LRScheduler)
        optimizer.zero_grad()
        self.manual_backward(loss)
        self.clip_gradients(optimizer.optimizer, *self.clip)
        optimizer.step()
        schedule.step()
