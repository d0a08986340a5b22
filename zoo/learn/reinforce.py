"""REINFORCE with a reward model in the loop: aligning a policy with preferences."""

import copy
from typing import Any, Literal, cast

import torch
from torch import Tensor

from padzoo.core.episode import Episode
from padzoo.zoo.hub import hub as hub
from padzoo.zoo.learn.policy_module import GAME, PolicyModule, Trainable
from padzoo.zoo.nets.gamepad_distribution import GamepadDistribution
from padzoo.zoo.nets.policy import Policy
from padzoo.zoo.play.rollout import Rollout


def reinforce_loss(log_probs: Tensor, rewards: Tensor, baseline: Literal["none", "leave_one_out"]) -> Tensor:
    """Computes the undiscounted REINFORCE loss (Section 3.6, Appendix C.4).

    Args:
        log_probs: Log-probability of each episode, summed over its steps and the 16 action components, `(B,)`.
        rewards: Reward of each episode, `(B,)`.
        baseline: What is taken off an episode's reward: nothing, as in the paper, or the mean reward of the others.

    Returns:
        Mean over the episodes of -advantage x log-probability, a scalar.
    """
    advantages = rewards.detach()
    if baseline == "leave_one_out" and len(rewards) > 1:
        advantages = (advantages - advantages.mean()) * len(rewards) / (len(rewards) - 1)
    return -(advantages * log_probs).mean()


class Reinforce(PolicyModule):
    """Aligns a policy with a reward model by REINFORCE on its own episodes (Section 3.6, Appendix C.4).

    A batch is a list of episode seeds, as a prompt is to a language model. A crashed episode is dropped and the batch
    is smaller. With several ranks each plays episodes of its own; their gradients are averaged, and a rank whose games
    all crashed adds nothing to the sum.

    Args:
        policy: The policy to align, and the reference of the KL term: a `.ckpt`, a folder of weights or a name of the
            zoo.
        reward: The reward model: a `.ckpt`, a folder of weights or a name of the zoo.
        trainable: Which weights learn: the `head`, the MLP after the transformer, or `all`.
        baseline: What is taken off a reward: `none`, as in the paper, or `leave_one_out`, the mean of the others'.
        kl_weight: Weight of the KL divergence from the reference policy, in nats an episode; 0 in the paper. It is
            exact at each visited step; how it changes which steps are visited is left out of its gradient.
        seed: Seed of the policy's draws, with each episode's own.
        lr: Learning rate after the warmup.
        weight_decay: AdamW's decoupled weight decay.
        warmup_steps: Updates over which the learning rate rises linearly.
        decay: Whether the learning rate then falls linearly, to 0 at the trainer's `max_steps`.
        env: Gymnasium id of the game to play.
        env_args: Further arguments of the game.
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
        baseline: Literal["none", "leave_one_out"] = "none",
        kl_weight: float = 0.0,
        seed: int = 0,
        lr: float = 1e-4,
        weight_decay: float = 0.0,
        warmup_steps: int = 0,
        decay: bool = False,
        env: str = GAME,
        env_args: dict[str, Any] | None = None,
        games: int = 16,
        temperature: float = 1.0,
    ) -> None:
        if temperature <= 0:
            raise ValueError(f"model.temperature {temperature}: allowed: over 0, an aligner has to explore")
        net = hub.load(policy, "policy")
        parents = {"policy": policy, "reward": reward}
        optimization = {"lr": lr, "weight_decay": weight_decay, "warmup_steps": warmup_steps, "decay": decay}
        super().__init__(net, parents, trainable, optimization, env, env_args, games, temperature)
        self.save_hyperparameters()
        self.baseline = baseline
        self.kl_weight = kl_weight
        self.seed = seed
        self.reference = copy.deepcopy(net.head if trainable == "head" else net).requires_grad_(False)
        self.reward = hub.load(reward, "reward").requires_grad_(False)
        self.shared = trainable == "head" and self.reward.shares_trunk(net)

    @property
    def pretrained(self) -> bool:
        """Whether the policy started from given weights: it always does."""
        return True

    def training_step(self, batch: list[Episode], batch_index: int) -> Tensor | None:
        """Plays a batch of episodes, rewards them and returns the loss; None or no gradient if every game crashed."""
        rollouts = [rollout for rollout in self.play(batch, self.seed) if not rollout.crashed]
        self.log("train/crashed", float(len(batch) - len(rollouts)))
        if not rollouts:
            # The other ranks wait for this one's gradient.
            return self._no_loss() if torch.distributed.is_initialized() else None
        rewards = self.rewards(rollouts)
        log_probs, kl = self._log_probs(rollouts)
        loss = reinforce_loss(log_probs, rewards, self.baseline) + self.kl_weight * kl.mean()
        self.log("train/loss", loss)
        self.log("train/reward", rewards.mean(), prog_bar=True)
        self.log("train/kl", kl.mean())
        self._log_play("train", rollouts)
        return loss

    def validation_step(self, batch: list[Episode], batch_index: int) -> None:
        """Plays a batch of the fixed validation episodes."""
        rollouts = [rollout for rollout in self.play(batch, self.seed) if not rollout.crashed]
        if rollouts:
            self.log("val/reward", self.rewards(rollouts).mean(), prog_bar=True, batch_size=len(rollouts))
            self._log_play("val", rollouts)

    @torch.no_grad()
    def rewards(self, rollouts: list[Rollout]) -> Tensor:
        """Rewards episodes with the reward model, normalised.

        Args:
            rollouts: B episodes.

        Returns:
            Rewards, `(B,)`.
        """
        return self.reward.normalize(self.reward.score(torch.stack([self._reward_features(r) for r in rollouts])))

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Leaves out the frozen reference and reward model, which their own files hold."""
        super().on_save_checkpoint(checkpoint)
        for name in self._frozen():
            del checkpoint["state_dict"][name]

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Puts the frozen networks back beside the trained one."""
        super().on_load_checkpoint(checkpoint)
        checkpoint["state_dict"].update(self._frozen())

    def _frozen(self) -> dict[str, Tensor]:
        return {name: value for name, value in self.state_dict().items() if name.startswith(("reference.", "reward."))}

    def _no_loss(self) -> Tensor:
        learning = [parameter for parameter in self.net.parameters() if parameter.requires_grad]
        return torch.stack([0.0 * parameter.sum() for parameter in learning]).sum()

    def _log_probs(self, rollouts: list[Rollout]) -> tuple[Tensor, Tensor]:
        """Returns each episode's log-probability and its KL from the reference policy, `(B,)` both."""
        logits, reference = self._logits(rollouts)
        distribution = GamepadDistribution(logits / self.temperature)
        steps = distribution.log_prob(torch.cat([self._actions(rollout) for rollout in rollouts]))  # (sum T,)
        kl = distribution.kl(GamepadDistribution(reference / self.temperature))
        lengths = [len(rollout.record) for rollout in rollouts]
        return (
            torch.stack([part.sum() for part in torch.split(steps, lengths)]),
            torch.stack([part.sum() for part in torch.split(kl, lengths)]),
        )

    def _logits(self, rollouts: list[Rollout]) -> tuple[Tensor, Tensor]:
        """Returns the policy's and the reference's logits at every step of all episodes, `(sum T, 68)` both."""
        if self.trainable == "head":  # the stored features are all that the head sees: exact and nearly free
            features = torch.cat([rollout.features for rollout in rollouts]).to(self.device).clone()
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
            return self.reward.pad_features(rollout.features, rollout.embeddings, actions)
        return self.reward.features(self._frames(rollout), actions)

    def _frames(self, rollout: Rollout) -> Tensor:
        return torch.from_numpy(rollout.trajectory.frames).to(self.device)

    def _actions(self, rollout: Rollout) -> Tensor:
        return torch.from_numpy(rollout.record.actions).long().to(self.device)

    def _log_play(self, stage: str, rollouts: list[Rollout]) -> None:
        count = len(rollouts)
        for name in self.pool.outcomes:
            rate = sum(rollout.outcome == name for rollout in rollouts) / count
            self.log(f"{stage}/{name}", rate, batch_size=count)
        success = sum(rollout.outcome != self.pool.outcomes[0] for rollout in rollouts) / count
        self.log(f"{stage}/success", success, batch_size=count)
        self.log(f"{stage}/return", sum(rollout.episode_return for rollout in rollouts) / count, batch_size=count)
        self.log(f"{stage}/steps", sum(len(rollout.record) for rollout in rollouts) / count, batch_size=count)
