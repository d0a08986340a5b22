"""What behavior cloning and alignment share: a policy that plays."""

from collections.abc import Iterator
from typing import Any, Literal, Self

import torch
from torchmetrics import MeanMetric

from padzoo.core.episode import Episode
from padzoo.core.trajectory import Trajectory
from padzoo.envs.adapter import sized
from padzoo.envs.game_pool import GamePool
from padzoo.zoo.learn.module import ZooModule
from padzoo.zoo.nets.gamepad_distribution import GamepadDistribution
from padzoo.zoo.nets.policy import Policy
from padzoo.zoo.play.agent import Agent
from padzoo.zoo.play.outcomes import Outcomes
from padzoo.zoo.play.rollout import Rollout, play

Trainable = Literal["all", "head"]
GAME = "padzoo/LaunchIsland-v0"


class PolicyModule(ZooModule):
    """A policy that trains, plays and predicts actions.

    Args:
        net: The policy.
        parents: The weights that it starts from or learns with, reference by role.
        trainable: Which weights learn: `all`, or the `head`, the MLP after the transformer (Appendix C.4).
        optimization: `lr`, `weight_decay`, `warmup_steps` and `decay` of `ZooModule`.
        env: Gymnasium id of the game to play.
        env_args: Further arguments of the game.
        games: Games played at once.
        temperature: Softmax temperature of the actions while playing.
    """

    net: Policy

    def __init__(
        self,
        net: Policy,
        parents: dict[str, str],
        trainable: Trainable,
        optimization: dict[str, Any],
        env: str,
        env_args: dict[str, Any] | None,
        games: int,
        temperature: float,
    ) -> None:
        super().__init__(net, parents, **optimization)
        self.trainable = trainable
        if trainable == "head":
            net.requires_grad_(False)
            net.head.requires_grad_(True)
        self.env = env
        self.env_args = env_args or {}
        self.games = games
        self.temperature = temperature
        self._pool: GamePool | None = None

    def train(self, mode: bool = True) -> Self:
        """Switches to training or evaluation; what is frozen stays in evaluation, the statistics of an encoder too."""
        super().train(mode)
        if self.trainable == "head":
            for child in (self.net.encoder, self.net.projection, self.net.trunk):
                child.eval()
        return self

    @property
    def pool(self) -> GamePool:
        """The games: opened when first asked for, closed by `teardown`."""
        if self._pool is None:
            self._pool = GamePool(self.env, self.games, sized(self.env_args, self.net.image_size))
        return self._pool

    def play(self, episodes: list[Episode], seed: int = 0) -> Iterator[Rollout]:
        """Plays episodes with the policy as it is now.

        Args:
            episodes: Seeds and options of the episodes.
            seed: Seed of the policy's own draws.

        Returns:
            The rollouts, crashed ones among them.
        """
        return play(Agent(self.net, temperature=self.temperature, seed=seed), self.pool, episodes)

    def on_test_start(self) -> None:
        """Starts counting."""
        self.outcomes = Outcomes(self.pool.outcomes).to(self.device)
        self.returns = MeanMetric().to(self.device)

    def test_step(self, batch: list[Episode], batch_index: int) -> None:
        """Plays a batch of episodes and counts their outcomes."""
        rollouts = [rollout for rollout in self.play(batch) if not rollout.crashed]
        self.outcomes.update(rollout.outcome for rollout in rollouts)
        self.returns.update(torch.tensor([rollout.episode_return for rollout in rollouts]))

    def on_test_epoch_end(self) -> None:
        """Logs the rate of each outcome and the mean return."""
        self.log_dict({f"test/{name}": rate for name, rate in self.outcomes.compute().items()})
        self.log("test/return", self.returns.compute(), sync_dist=True)

    def predict_step(self, batch: Trajectory, batch_index: int) -> dict[str, Any]:
        """Computes a trajectory's features `(T, D)`, most likely actions `(T, 16)` and log-probabilities `(T,)`."""
        frames, actions = torch.as_tensor(batch.frames), torch.as_tensor(batch.actions).long()
        features = self.net.window_features(frames.to(self.device), actions.to(self.device))
        distribution = GamepadDistribution(self.net.head(features))
        return {
            "key": batch.key,
            "features": features,
            "actions": distribution.mode(),
            "log_probs": distribution.log_prob(actions.to(self.device)),
        }

    def teardown(self, stage: str) -> None:
        """Closes the games."""
        if self._pool is not None:
            self._pool.close()
            self._pool = None
