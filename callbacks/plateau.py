"""When an alignment may stop early: its curve is flat."""

from collections.abc import Sequence
from statistics import mean, variance
from typing import Any, Final

import torch
from lightning.pytorch import Callback, LightningModule, Trainer

from padzoo.core.episode import Episode
from padzoo.zoo.learn.aligner import Aligner

SETTINGS: Final = ("monitor", "episodes", "standard_errors")
STATE: Final = ("before", "block", "played", "flat")


class Plateau(Callback):
    """Ends an alignment whose curve is flat: a block of episodes was no better than the block before, beyond noise.

    The last batches of two blocks are compared at the end of each block alone: a rule that looked after every batch
    would sooner or later take noise for a plateau. The blocks are in checkpoints, so that a resumed training ends where
    it would have ended.

    Args:
        monitor: What is watched, higher is better: what the aligner logs of every batch, such as `train/reward`, or
            `train/left` for the share that ends there.
        episodes: Episodes of a block, of all ranks, 2 or more; a block waits for the end of a batch, and for a second.
        standard_errors: How much better a block must be, in standard errors of the difference between the two means, 0
            or more.

    Raises:
        ValueError: If a number is not allowed.
    """

    def __init__(self, monitor: str = "train/reward", episodes: int = 2000, standard_errors: float = 2.0) -> None:
        if episodes < 2:
            raise ValueError(f"Plateau: episodes {episodes}; allowed: 2 or more")
        if not standard_errors >= 0:
            raise ValueError(f"Plateau: standard_errors {standard_errors}; allowed: 0 or more")
        self.monitor = monitor
        self.episodes = episodes
        self.standard_errors = standard_errors
        self.before: list[float] = []  # readings of the last block, one a batch
        self.block: list[float] = []  # and of this one, so far
        self.played = 0  # episodes of this block
        self.flat = False

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Refuses what does not play.

        Raises:
            ValueError: If the model does not align by play.
        """
        if not isinstance(pl_module, Aligner):
            raise ValueError(f"Plateau: {type(pl_module).__name__} has no episodes; allowed: aligners that play")

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Does not resume a training that has ended."""
        trainer.should_stop = trainer.should_stop or self.flat

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: list[Episode], batch_idx: int
    ) -> None:
        """Adds a batch to the block and, if it is full, compares it to the one before."""
        reading = self._read(trainer, pl_module, len(batch))
        if reading is not None:
            self.block.append(reading)
        self.played += len(batch) * trainer.world_size
        if self.played >= self.episodes and len(self.block) > 1:
            self.flat = bool(self.before) and not better(self.block, self.before, self.standard_errors)
            self.before, self.block, self.played = self.block, [], 0
            trainer.should_stop = trainer.should_stop or self.flat

    def state_dict(self) -> dict[str, Any]:
        """Returns the blocks, and what they are of."""
        return {name: getattr(self, name) for name in (*SETTINGS, *STATE)}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Resumes from the blocks.

        Raises:
            ValueError: If the training had other settings.
        """
        for name in SETTINGS:
            then, now = state_dict[name], getattr(self, name)
            if then != now:
                raise ValueError(f"ckpt_path: the training has Plateau with {name} {then}, now {now}")
        for name in STATE:
            setattr(self, name, state_dict[name])

    def _read(self, trainer: Trainer, module: LightningModule, episodes: int) -> float | None:
        """Returns what was logged of a batch, the mean over ranks; None if all of its episodes crashed."""
        logged = {name: value for name, value in trainer.callback_metrics.items() if name.startswith("train/")}
        own = torch.tensor(torch.nan, device=module.device)
        if logged["train/crashed"] < episodes:
            if self.monitor not in logged:
                raise ValueError(f"Plateau: monitor {self.monitor!r}; allowed: {', '.join(sorted(logged))}")
            own = logged[self.monitor].to(own)
        found = float(torch.as_tensor(module.all_gather(own)).nanmean())
        return found if found == found else None


def better(later: Sequence[float], earlier: Sequence[float], standard_errors: float) -> bool:
    """Returns whether some readings are better than earlier ones, beyond noise.

    Args:
        later: The readings, higher is better, 2 or more.
        earlier: Those before, 2 or more.
        standard_errors: How many standard errors of the difference between the means it must exceed.
    """
    error = (variance(later) / len(later) + variance(earlier) / len(earlier)) ** 0.5
    return bool(mean(later) - mean(earlier) > standard_errors * error)
