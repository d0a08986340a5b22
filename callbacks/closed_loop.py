"""Closed-loop evaluation: the policy plays while it trains, and checkpoints are chosen by it."""

from collections.abc import Sequence
from typing import cast

from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.loggers import TensorBoardLogger

from padzoo.callbacks.heatmap import Points, draw_heatmap, visited
from padzoo.core.episode import episodes
from padzoo.zoo.learn.policy_module import PolicyModule
from padzoo.zoo.play.outcomes import Outcomes
from padzoo.zoo.play.rollout import Rollout


class ClosedLoop(Callback):
    """Plays fixed episodes after every validation and logs how they ended, a heatmap and some frames.

    `closed_loop/success` is there for checkpoints to be chosen by: offline metrics need not follow it.

    Args:
        episodes: Episodes to play each time.
        seed: Seed of these validation episodes.
        character: Character to play; None for games without characters.
    """

    def __init__(self, episodes: int = 48, seed: int = 0, character: str | None = "ninja") -> None:
        self.episodes = episodes
        self.seed = seed
        self.character = character

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Refuses what cannot play.

        Raises:
            ValueError: If the model is no policy.
        """
        if not isinstance(pl_module, PolicyModule):
            raise ValueError(
                f"ClosedLoop: {type(pl_module).__name__} does not play; allowed: BehaviorCloning, Reinforce"
            )

    def on_validation_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Plays and logs."""
        if trainer.sanity_checking:
            return
        module = cast(PolicyModule, pl_module)
        todo = episodes(self.seed, self.episodes, split="val", character=self.character)
        rollouts = [rollout for rollout in module.play(todo) if not rollout.crashed]
        outcomes = Outcomes(module.pool.outcomes).to(module.device)  # several ranks add up theirs there
        outcomes.update(rollout.outcome for rollout in rollouts)
        module.log_dict({f"closed_loop/{name}": rate for name, rate in outcomes.compute().items()})
        for logger in trainer.loggers:
            if isinstance(logger, TensorBoardLogger) and rollouts:
                self._show(logger, rollouts, module.pool.outline, trainer.global_step)

    def _show(self, logger: TensorBoardLogger, rollouts: list[Rollout], outline: Sequence[Points], step: int) -> None:
        """Logs where the agent went and what one episode looked like, eight frames of it."""
        frames = rollouts[0].record.decode().frames
        logger.experiment.add_images(
            "closed_loop/frames", frames[:: max(1, len(frames) // 8)], step, dataformats="NHWC"
        )
        positions = [r.record.positions for r in rollouts if r.record.positions is not None]
        if positions:
            figure = draw_heatmap(visited(positions), outline)
            logger.experiment.add_figure("closed_loop/heatmap", figure, step)
