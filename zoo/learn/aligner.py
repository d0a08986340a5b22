"""Alignment: a policy plays, a reward model rewards what it played, and a loss makes the better likelier."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Literal, get_args

import torch
from torch import Tensor, nn
from torchmetrics import MeanMetric

from padzoo.core.episode import Episode
from padzoo.envs.arena import Arena
from padzoo.envs.game import Game
from padzoo.envs.rollout import Rollout
from padzoo.zoo import hub
from padzoo.zoo.learn.advantages import LEAST, Scale, scaled, spreads
from padzoo.zoo.learn.evaluation import Evaluation
from padzoo.zoo.learn.experience import Experience
from padzoo.zoo.learn.policy_module import PolicyModule, Trainable
from padzoo.zoo.learn.reward_ensemble import RewardEnsemble
from padzoo.zoo.nets.gamepad_distribution import GamepadDistribution
from padzoo.zoo.nets.lora import computed_once
from padzoo.zoo.nets.policy import Policy
from padzoo.zoo.play.agent import Agent, thoughts
from padzoo.zoo.play.outcomes import Outcomes

KLIn = Literal["loss", "reward"]


class Aligner(PolicyModule):
    """Aligns a policy with a reward model on its own episodes; a subclass is an algorithm.

    A subclass says its `advantages`, its `loss`, or both. A batch is a list of episodes, as prompts are to a language
    model. A crashed episode is dropped and the batch is smaller. With several ranks each plays episodes of its own;
    their gradients are averaged, and a rank whose games all crashed adds nothing to the sum.

    Args:
        policy: The policy to align, and the reference of the KL term: a `.ckpt`, a folder of weights or a name of the
            zoo.
        reward: The reward model: a `.ckpt`, a folder of weights or a name of the zoo; several are an ensemble, whose
            mean rewards.
        trainable: Which weights learn: the `head`, the MLP after the transformer; that and a `lora` of the
            transformer; or `all`.
        kl_weight: What a nat of KL divergence from the reference policy costs an episode, in units of its reward; 0 in
            the paper.
        kl_in: Where it stands. In the `loss` it is exact at each visited step, and how it changes which steps are
            visited is left out of its gradient. In the `reward` it is the log-ratio of the action that was taken.
        kl_target: Divergence in nats an episode to hold: the weight then rises and falls by up to 2 % a batch, from
            `kl_weight` on; None keeps it.
        entropy_weight: What a nat of the policy's entropy is worth to an episode, in units of its reward.
        scale: Whether advantages are divided by the standard deviation of the rewards: of those of the same `start`,
            of the `batch`, or by `none`.
        drop_even: Whether episodes are dropped whose start was rewarded alike whenever it was played.
        pessimism: How many standard deviations of an ensemble's rewards are taken off their mean.
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
        ValueError: If `policy` or `reward` does not hold what it should, or a setting is not allowed.
    """

    FROZEN = ("reference.", "rewards.")
    GROUPED: ClassVar[bool] = False  # whether it learns by comparing episodes of the same start
    kl_weight: Tensor
    reference: Policy | nn.Sequential

    def __init__(
        self,
        policy: str,
        reward: str | list[str],
        trainable: Trainable = "head",
        kl_weight: float = 0.0,
        kl_in: KLIn = "loss",
        kl_target: float | None = None,
        entropy_weight: float = 0.0,
        scale: Scale = "none",
        drop_even: bool = False,
        pessimism: float = 0.0,
        seed: int = 0,
        lr: float = 1e-4,
        weight_decay: float = 0.0,
        warmup_steps: int = 0,
        decay: bool = False,
        game: dict[str, Any] | None = None,
        games: int = 16,
        temperature: float = 1.0,
    ) -> None:
        for name, value, choices in (("kl_in", kl_in, get_args(KLIn)), ("scale", scale, get_args(Scale))):
            if value not in choices:
                raise ValueError(f"model.{name} {value!r}: allowed: {', '.join(choices)}")
        if temperature <= 0:
            raise ValueError(f"model.temperature {temperature}: allowed: over 0, an aligner has to explore")
        if kl_target is not None and not (kl_target > 0 and kl_weight > 0):
            raise ValueError(
                f"model.kl_target {kl_target}: allowed: over 0, with a model.kl_weight over 0 to start from"
            )
        judges = [reward] if isinstance(reward, str) else list(reward)
        if not judges or (pessimism and len(judges) < 2):
            raise ValueError(f"model.reward {reward}: allowed: one reward model, or several for model.pessimism")
        for name, weight in (("kl_weight", kl_weight), ("entropy_weight", entropy_weight), ("pessimism", pessimism)):
            if weight < 0:
                raise ValueError(f"model.{name} {weight}: allowed: 0 or more")
        net = hub.load(policy, "policy")
        parents = {"policy": policy} | {f"reward{number or ''}": ref for number, ref in enumerate(judges)}
        optimization = {"lr": lr, "weight_decay": weight_decay, "warmup_steps": warmup_steps, "decay": decay}
        super().__init__(net, parents, trainable, optimization)
        self.save_hyperparameters()
        self.kl_in: KLIn = kl_in
        self.kl_target = kl_target
        self.register_buffer("kl_weight", torch.tensor(float(kl_weight)), persistent=kl_target is not None)
        self.entropy_weight = entropy_weight
        self.scale: Scale = scale
        self.drop_even = drop_even
        self.seed = seed
        self.temperature = temperature
        self.arena = Arena(Game(**(game or {})), net.image_size, games)
        fixed = hub.load(policy, "policy").requires_grad_(False)
        self.reference = fixed.head if trainable == "head" else fixed
        self.rewards = RewardEnsemble(judges, net, trainable == "head", pessimism)

    def setup(self, stage: str) -> None:
        """Refuses to learn from single episodes what is learnt by comparing several of the same start.

        Raises:
            ValueError: If the data module gives every start once.
        """
        compares = self.GROUPED or self.scale == "start" or self.drop_even
        if stage == "fit" and compares and getattr(self.trainer.datamodule, "group", None) == 1:  # type: ignore[attr-defined]
            what = type(self).__name__ if self.GROUPED else "model.scale start and model.drop_even"
            raise ValueError(f"data.group 1: allowed: 2 or more episodes of a start, which {what} compares")

    def advantages(self, rewards: Tensor, groups: Tensor) -> Tensor:
        """Says how much better each episode was than expected; the reward itself, if a subclass does not say.

        Args:
            rewards: Rewards of a batch, `(B,)`.
            groups: Which episodes had the same start, int64 `(B,)`; see `Experience.groups`.

        Returns:
            Advantages, `(B,)`.
        """
        return rewards

    def loss(self, experience: Experience, log_probs: Tensor) -> Tensor:
        """Computes the loss of some episodes, without the KL term; REINFORCE's, if a subclass does not say.

        Args:
            experience: The episodes, with their advantages.
            log_probs: Log-probability of the action of every step under the policy as it is now, summed over the 16
                components, `(N,)`, with a gradient.

        Returns:
            A scalar.
        """
        assert experience.advantages is not None
        return -self.averaged(experience, experience.advantages * log_probs)

    def averaged(self, experience: Experience, steps: Tensor) -> Tensor:
        """Averages a value of every step as the loss does, the terms of KL and entropy too: they keep their weight.

        Args:
            experience: The episodes.
            steps: A value of every step, `(N,)`.

        Returns:
            The mean over episodes of the sum over their steps, if a subclass does not say otherwise; a scalar.
        """
        return experience.per_episode(steps).mean()

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
        with computed_once():
            yield from self.arena.play(Agent(self.net, temperature=self.temperature, seed=seed), episodes)

    def training_step(self, batch: list[Episode], batch_index: int) -> Tensor | None:
        """Plays a batch of episodes, rewards them and returns the loss; None or no gradient if there is none."""
        experience = self.collect(batch)
        if experience is not None:
            return self.objective(experience)
        # The other ranks wait for this one's gradient.
        return self._no_loss() if torch.distributed.is_initialized() else None

    def collect(self, batch: list[Episode]) -> Experience | None:
        """Plays a batch of episodes and says what there is to learn from them; None if that is nothing.

        Args:
            batch: The episodes.
        """
        rollouts = [rollout for rollout in self.play(batch, self.seed) if not rollout.crashed]
        self.log("train/crashed", float(len(batch) - len(rollouts)))
        experience = None
        if rollouts:
            played = self.experience(rollouts)
            self.log("train/reward", played.rewards.mean(), prog_bar=True)
            self._log_play("train", rollouts)
            experience = self.prepare(played)
        if self.kl_target is not None:
            self._steer(experience)
        return experience

    def prepare(self, experience: Experience) -> Experience | None:
        """Adds the advantages, and leaves out what there is nothing to learn from; None if that is all.

        Args:
            experience: What was played and rewarded.
        """
        rewards, groups = experience.rewards, experience.groups
        if self.kl_in == "reward":
            with torch.no_grad():
                rewards = rewards - self.kl_weight * experience.per_episode(self.evaluate(experience).log_ratio)
        found = scaled(self.advantages(rewards, groups), rewards, groups, self.scale)
        experience = replace(experience, advantages=experience.per_step(found))
        if not self.drop_even:
            return experience
        uneven = torch.nonzero(spreads(experience.rewards, groups) > LEAST)[:, 0].tolist()
        return experience.select(uneven) if uneven else None

    def objective(self, experience: Experience) -> Tensor:
        """Returns the loss of some episodes, with what every aligner adds to it.

        Args:
            experience: The episodes, with their advantages.
        """
        found = self.evaluate(experience)
        loss = self.loss(experience, found.log_probs)
        if self.kl_in == "loss":
            loss = loss + self.kl_weight * self.averaged(experience, found.kl)
        if self.entropy_weight:
            loss = loss - self.entropy_weight * self.averaged(experience, found.entropy)
        self.log("train/loss", loss)
        self.log("train/kl", experience.per_episode(found.kl).mean())
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
        actions = torch.cat([self._actions(rollout) for rollout in rollouts])
        with torch.no_grad():
            reference = self._logits(rollouts, self.reference)
        return Experience(rollouts, actions, self.rewards(rollouts), reference)

    def evaluate(self, experience: Experience) -> Evaluation:
        """Asks the policy as it is now about episodes.

        Args:
            experience: N steps of B episodes.
        """
        logits = self._logits(experience.rollouts, self.net.head if self.trainable == "head" else self.net)
        distribution, theirs = (GamepadDistribution(each / self.temperature) for each in (logits, experience.reference))
        # The log-probabilities come before the divergence: gradients are summed in this order.
        log_probs = distribution.log_prob(experience.actions)
        divergence = distribution.kl(theirs)
        ratio = log_probs - theirs.log_prob(experience.actions)
        return Evaluation(log_probs, divergence, ratio, distribution.entropy())

    def teardown(self, stage: str) -> None:
        """Closes the games."""
        self.arena.close()

    def _no_loss(self) -> Tensor:
        learning = [parameter for parameter in self.parameters() if parameter.requires_grad]
        return torch.stack([0.0 * parameter.sum() for parameter in learning]).sum()

    @torch.no_grad()
    def _steer(self, experience: Experience | None) -> None:
        """Moves the weight of the divergence towards the target (Ziegler et al. 2019, section 2.2), on all ranks."""
        own = torch.tensor(torch.nan, device=self.device)
        if experience is not None:
            own = experience.per_episode(self.evaluate(experience).kl).mean()
        found = torch.as_tensor(self.all_gather(own)).nanmean()
        assert self.kl_target is not None
        if found.isfinite():
            self.kl_weight *= 1 + 0.1 * (found / self.kl_target - 1).clamp(-0.2, 0.2)
        self.log("train/kl_weight", self.kl_weight)

    def _logits(self, rollouts: Sequence[Rollout], net: nn.Module) -> Tensor:
        """Returns the logits of a policy, or of a head alone, at every step, `(N, 68)`."""
        if not isinstance(net, Policy):  # the stored features are all that the head sees: exact and nearly free
            logits: Tensor = net(torch.cat([thoughts(rollout).features for rollout in rollouts]).to(self.device))
            return logits
        embeddings = (
            net.embed(self._frames(rollout))
            if self.trainable == "all"  # else both policies have the encoder that has acted
            else thoughts(rollout).embeddings.to(self.device)
            for rollout in rollouts
        )
        pairs = zip(embeddings, rollouts, strict=True)
        return torch.cat([net.head(net.features(each, self._actions(rollout))) for each, rollout in pairs])

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
