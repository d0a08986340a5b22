"""Alignment: a policy plays, a reward model rewards what it played, and a loss makes the better likelier."""

import copy
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, cast

import torch
from torch import Tensor
from torchmetrics import MeanMetric

from padzoo.core.episode import Episode
from padzoo.envs.arena import Arena
from padzoo.envs.game import Game
from padzoo.envs.rollout import Rollout
from padzoo.zoo import hub
from padzoo.zoo.learn.experience import Experience
from padzoo.zoo.learn.policy_module import PolicyModule, Trainable
from padzoo.zoo.nets.gamepad_distribution import GamepadDistribution
from padzoo.zoo.nets.policy import Policy
from padzoo.zoo.play.agent import Agent, thoughts
from padzoo.zoo.play.outcomes import Outcomes


class Aligner(PolicyModule):
    """Aligns a policy with a reward model on its own episodes; a subclass is an algorithm, and says its loss.

    A batch is a list of episodes, as prompts are to a language model. A crashed episode is dropped and the batch is
    smaller. With several ranks each plays episodes of its own; their gradients are averaged, and a rank whose games all
    crashed adds nothing to the sum.

    Args:
        policy: The policy to align, and the reference of the KL term: a `.ckpt`, a folder of weights or a name of the
            zoo.
        reward: The reward model: a `.ckpt`, a folder of weights or a name of the zoo.
        trainable: Which weights learn: the `head`, the MLP after the transformer, or `all`.
        kl_weight: Weight of the KL divergence from the reference policy, in nats an episode; 0 in the paper. It is
            exact at each visited step; how it changes which steps are visited is left out of its gradient.
        seed: Seed of the policy's draws, with each episode's own.
        lr: Learning rate after the warmup.
        weight_decay: AdamW's decoupled weight decay.
        warmup_steps: Updates over which the learning rate rises linearly.
        decay: Whether the learning rate then falls linearly, to 0 at the trainer's `max_steps`.
        game: The game to play: `id`, `args` and `options` of `padzoo.envs.game.Game`; on the command line it is the
            one that `game` says.
        games: Games played at once.
        temperature: Softmax temperature of the actions while playing.

    Raises:
        ValueError: If `policy` or `reward` does not hold what it should.
    """

    def __init__(
        self,
        policy: str,
        reward: str,
        trainable: Trainable = "head",
        kl_weight: float = 0.0,
        seed: int = 0,
        lr: float = 1e-4,
        weight_decay: float = 0.0,
        warmup_steps: int = 0,
        decay: bool = False,
        game: dict[str, Any] | None = None,
        games: int = 16,
        temperature: float = 1.0,
    ) -> None:
        if temperature <= 0:
            raise ValueError(f"model.temperature {temperature}: allowed: over 0, an aligner has to explore")
        net = hub.load(policy, "policy")
        parents = {"policy": policy, "reward": reward}
        optimization = {"lr": lr, "weight_decay": weight_decay, "warmup_steps": warmup_steps, "decay": decay}
        super().__init__(net, parents, trainable, optimization)
        self.save_hyperparameters()
        self.kl_weight = kl_weight
        self.seed = seed
        self.temperature = temperature
        self.arena = Arena(Game(**(game or {})), net.image_size, games)
        self.reference = copy.deepcopy(net.head if trainable == "head" else net).requires_grad_(False)
        self.reward = hub.load(reward, "reward").requires_grad_(False)
        self.shared = trainable == "head" and self.reward.shares_trunk(net)

    @abstractmethod
    def loss(self, experience: Experience, log_probs: Tensor) -> Tensor:
        """Computes the loss of a batch of episodes, without the KL term.

        Args:
            experience: The episodes.
            log_probs: Log-probability of the action of every step under the policy as it is now, summed over the 16
                components, `(N,)`, with a gradient.

        Returns:
            A scalar.
        """

    @property
    def pretrained(self) -> bool:
        """Whether the policy started from given weights: it always does."""
        return True

    def play(self, episodes: Sequence[Episode], seed: int = 0) -> Iterator[Rollout]:
        """Plays episodes with the policy as it is now.

        Args:
            episodes: What to play.
            seed: Seed of the policy's own draws.

        Returns:
            The rollouts, crashed ones among them.
        """
        return self.arena.play(Agent(self.net, temperature=self.temperature, seed=seed), episodes)

    def training_step(self, batch: list[Episode], batch_index: int) -> Tensor | None:
        """Plays a batch of episodes, rewards them and returns the loss; None or no gradient if every game crashed."""
        rollouts = [rollout for rollout in self.play(batch, self.seed) if not rollout.crashed]
        self.log("train/crashed", float(len(batch) - len(rollouts)))
        if not rollouts:
            # The other ranks wait for this one's gradient.
            return self._no_loss() if torch.distributed.is_initialized() else None
        experience = self.experience(rollouts)
        log_probs, kl = self.evaluate(experience)
        divergence = experience.per_episode(kl).mean()
        loss = self.loss(experience, log_probs) + self.kl_weight * divergence
        self.log("train/loss", loss)
        self.log("train/reward", experience.rewards.mean(), prog_bar=True)
        self.log("train/kl", divergence)
        self._log_play("train", rollouts)
        return loss

    def validation_step(self, batch: list[Episode], batch_index: int) -> None:
        """Plays a batch of the fixed validation episodes."""
        rollouts = [rollout for rollout in self.play(batch, self.seed) if not rollout.crashed]
        if rollouts:
            self.log("val/reward", self.rewards(rollouts).mean(), prog_bar=True, batch_size=len(rollouts))
            self._log_play("val", rollouts)

    def on_test_start(self) -> None:
        """Starts counting."""
        self.outcomes = Outcomes(self.arena.outcomes).to(self.device)
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

    def experience(self, rollouts: list[Rollout]) -> Experience:
        """Rewards episodes and lays them out for learning.

        Args:
            rollouts: B episodes.
        """
        return Experience(rollouts, torch.cat([self._actions(rollout) for rollout in rollouts]), self.rewards(rollouts))

    @torch.no_grad()
    def rewards(self, rollouts: Sequence[Rollout]) -> Tensor:
        """Rewards episodes with the reward model, normalised.

        Args:
            rollouts: B episodes.

        Returns:
            Rewards, `(B,)`.
        """
        rewards: Tensor = self.reward(torch.stack([self._reward_features(rollout) for rollout in rollouts]))
        return rewards

    def evaluate(self, experience: Experience) -> tuple[Tensor, Tensor]:
        """Asks the policy as it is now about episodes.

        Args:
            experience: N steps of B episodes.

        Returns:
            The log-probability of every step's action and the policy's KL divergence from the reference there, in nats,
            both `(N,)` and summed over the 16 components.
        """
        logits, reference = self._logits(experience)
        distribution = GamepadDistribution(logits / self.temperature)
        # The log-probabilities come before the divergence: gradients are summed in this order.
        log_probs = distribution.log_prob(experience.actions)
        return log_probs, distribution.kl(GamepadDistribution(reference / self.temperature))

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Leaves out the frozen reference and reward model, which their own files hold."""
        super().on_save_checkpoint(checkpoint)
        for name in self._frozen():
            del checkpoint["state_dict"][name]

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Puts the frozen networks back beside the trained one."""
        super().on_load_checkpoint(checkpoint)
        checkpoint["state_dict"].update(self._frozen())

    def teardown(self, stage: str) -> None:
        """Closes the games."""
        self.arena.close()

    def _frozen(self) -> dict[str, Tensor]:
        return {name: value for name, value in self.state_dict().items() if name.startswith(("reference.", "reward."))}

    def _no_loss(self) -> Tensor:
        learning = [parameter for parameter in self.net.parameters() if parameter.requires_grad]
        return torch.stack([0.0 * parameter.sum() for parameter in learning]).sum()

    def _logits(self, experience: Experience) -> tuple[Tensor, Tensor]:
        """Returns the policy's and the reference's logits at every step, `(N, 68)` both."""
        rollouts = experience.rollouts
        if self.trainable == "head":  # the stored features are all that the head sees: exact and nearly free
            features = torch.cat([thoughts(rollout).features for rollout in rollouts]).to(self.device)
            return self.net.head(features), self.reference(features)
        reference = cast(Policy, self.reference)
        inputs = [(self._frames(rollout), self._actions(rollout)) for rollout in rollouts]
        logits = torch.cat([self.net.head(self.net.window_features(*pair)) for pair in inputs])
        with torch.no_grad():
            return logits, torch.cat([reference.head(reference.window_features(*pair)) for pair in inputs])

    def _reward_features(self, rollout: Rollout) -> Tensor:
        """Returns what the reward model sees of an episode, `(100, D)`; what acting computed where that will do."""
        actions = self._actions(rollout)
        if self.shared:
            thought = thoughts(rollout)
            return self.reward.pad_features(thought.features, thought.embeddings, actions)
        return self.reward.features(self._frames(rollout), actions)

    def _frames(self, rollout: Rollout) -> Tensor:
        return torch.from_numpy(rollout.trajectory.frames).to(self.device)

    def _actions(self, rollout: Rollout) -> Tensor:
        return torch.from_numpy(rollout.actions).long().to(self.device)

    def _log_play(self, stage: str, rollouts: list[Rollout]) -> None:
        count = len(rollouts)
        for name in self.arena.outcomes:
            rate = sum(rollout.outcome == name for rollout in rollouts) / count
            self.log(f"{stage}/{name}", rate, batch_size=count)
        success = sum(rollout.outcome != self.arena.outcomes[0] for rollout in rollouts) / count
        self.log(f"{stage}/success", success, batch_size=count)
        self.log(f"{stage}/return", sum(rollout.episode_return for rollout in rollouts) / count, batch_size=count)
        self.log(f"{stage}/steps", sum(len(rollout) for rollout in rollouts) / count, batch_size=count)
