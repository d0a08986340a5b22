"""Closed-loop evaluation: the policy plays while it trains, and checkpoints are chosen by it."""

from collections.abc import Sequence
from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.loggers import TensorBoardLogger
from torchmetrics import MeanMetric

from padzoo.callbacks.heatmap import Points, draw_heatmap, visited
from padzoo.core.episode import Episode, episodes
from padzoo.envs.arena import Arena
from padzoo.envs.game import Game
from padzoo.envs.rollout import Rollout
from padzoo.zoo.learn.policy_module import PolicyModule
from padzoo.zoo.play.agent import Agent
from padzoo.zoo.play.outcomes import Outcomes


class ClosedLoop(Callback):
    """Plays fixed episodes after every validation and test, and logs how they ended, a heatmap and some frames.

    `closed_loop/success` is there for checkpoints to be chosen by: offline metrics need not follow it.

    Args:
        episodes: Episodes to play after each validation.
        test_episodes: Episodes to play at the end of a test.
        seed: Seed of these episodes; validation and test share none.
        temperature: Softmax temperature of the actions.
        games: Games played at once.
        game: The game: `id`, `args` and `options` of `padzoo.envs.game.Game`; None takes the command line's `game`.

    Raises:
        ValueError: If a number is not allowed.
    """

    def __init__(
        self,
        episodes: int = 48,
        test_episodes: int = 200,
        seed: int = 0,
        temperature: float = 1.0,
        games: int = 16,
        game: dict[str, Any] | None = None,
    ) -> None:
        for name, value, least in (("episodes", episodes, 1), ("test_episodes", test_episodes, 1), ("games", games, 1)):
            if value < least:
                raise ValueError(f"ClosedLoop: {name} {value}; allowed: {least} or more")
        if seed < 0 or not temperature >= 0:
            raise ValueError(f"ClosedLoop: seed {seed}, temperature {temperature}; allowed: 0 or more")
        self.episodes = episodes
        self.test_episodes = test_episodes
        self.seed = seed
        self.temperature = temperature
        self.games = games
        self.game = game
        self.arena: Arena | None = None

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Prepares the games.

        Raises:
            ValueError: If the model is no policy, or the game cannot be played.
        """
        if not isinstance(pl_module, PolicyModule):
            raise ValueError(f"ClosedLoop: {type(pl_module).__name__} is no policy; allowed: BehaviorCloning, aligners")
        self.arena = Arena(Game(**(self.game or {})), pl_module.net.image_size, self.games)
        if self.arena.game.foreign:
            self.arena.open()  # before anything is learnt: it may be one that cannot be played

    def teardown(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Closes the games."""
        self.close()

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        """Closes the games."""
        self.close()

    def close(self) -> None:
        """Closes the games, if they are open."""
        if self.arena is not None:
            self.arena.close()

    def on_validation_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Plays and logs."""
        if trainer.sanity_checking:
            return
        rollouts = self._play(pl_module, episodes(self.seed, self.episodes, "val", self._arena.game.starts))
        pl_module.log_dict({f"closed_loop/{name}": rate for name, rate in self._rates(pl_module, rollouts).items()})
        for logger in trainer.loggers:
            if isinstance(logger, TensorBoardLogger) and rollouts:
                self._show(logger, rollouts, self._arena.outline, trainer.global_step)

    def on_test_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Plays and logs, the mean return too."""
        rollouts = self._play(pl_module, episodes(self.seed, self.test_episodes, "test", self._arena.game.starts))
        pl_module.log_dict({f"test/{name}": rate for name, rate in self._rates(pl_module, rollouts).items()})
        returns = MeanMetric().to(pl_module.device)
        returns.update(torch.tensor([rollout.episode_return for rollout in rollouts]))
        pl_module.log("test/return", returns.compute())

    @property
    def _arena(self) -> Arena:
        assert self.arena is not None, "Lightning calls setup first"
        return self.arena

    def _play(self, module: LightningModule, todo: Sequence[Episode]) -> list[Rollout]:
        assert isinstance(module, PolicyModule)
        agent = Agent(module.net, temperature=self.temperature)
        return [rollout for rollout in self._arena.play(agent, todo) if not rollout.crashed]

    def _rates(self, module: LightningModule, rollouts: Sequence[Rollout]) -> dict[str, torch.Tensor]:
        outcomes = Outcomes(self._arena.outcomes).to(module.device)  # several ranks add up theirs there
        outcomes.update(rollout.outcome for rollout in rollouts)
        return outcomes.compute()

    def _show(self, logger: TensorBoardLogger, rollouts: list[Rollout], outline: Sequence[Points], step: int) -> None:
        """Logs where the agent went and what one episode looked like, eight frames of it."""
        frames = rollouts[0].trajectory.frames
        logger.experiment.add_images(
            "closed_loop/frames", frames[:: max(1, len(frames) // 8)], step, dataformats="NHWC"
        )
        positions = [rollout.positions for rollout in rollouts if rollout.positions is not None]
        if positions:
            figure = draw_heatmap(visited(positions), outline)
            logger.experiment.add_figure("closed_loop/heatmap", figure, step)
