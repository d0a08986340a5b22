"""Behavior cloning: pre-training, fine-tuning, training from scratch and preference fine-tuning, by configuration."""

import torch
from torch import Tensor

from padzoo.zoo import hub
from padzoo.zoo.learn.action_accuracy import ActionAccuracy
from padzoo.zoo.learn.policy_module import PolicyModule, Trainable
from padzoo.zoo.nets.gamepad_distribution import GamepadDistribution
from padzoo.zoo.nets.policy import Policy


class BehaviorCloning(PolicyModule):
    """Trains a policy to do what the players did (Section 3.2; Appendix C.1, C.2 and C.4).

    The loss is the cross-entropy summed over the 16 action components and averaged over the places of the windows,
    padding among them: so every step weighs the same, whatever it shares a batch with, and a large batch gives the
    gradient of its parts on several ranks or one after another. What is logged is the mean over the steps alone.

    Args:
        size: Network size: `pico`, `nano`, `tiny`, `4m`, `25m` or `103m`.
        encoder: `convnext`, the paper's, `timm/<backbone>`, or the dotted path of an `Encoder`.
        past_actions: Whether a step also sees the actions before it.
        context: Frames that a step sees at most; the windows of the data may be longer only if the trunk streams.
        trunk: `gpt2`, the paper's, `streaming`, whose acting costs one step, or the dotted path of a `Trunk`.
        init_from: Weights to start from: a `.ckpt`, a folder of weights or a name of the zoo; None starts from scratch.
        trainable: Which weights learn: `all`; the `head`, the MLP after the transformer; or that and a `lora` of the
            transformer.
        lr: Learning rate after the warmup.
        weight_decay: AdamW's decoupled weight decay.
        warmup_steps: Updates over which the learning rate rises linearly.
        decay: Whether the learning rate then falls linearly, to 0 at the trainer's `max_steps`.
        compiled: Whether `torch.compile` compiles the network for training: a minute or more at the start, worth it on
            a GPU, not on a CPU.

    Raises:
        ValueError: If a name is unknown, or `init_from` holds a policy of another architecture.
    """

    def __init__(
        self,
        size: str = "4m",
        encoder: str = "convnext",
        past_actions: bool = False,
        context: int = 32,
        trunk: str = "gpt2",
        init_from: str | None = None,
        trainable: Trainable = "all",
        lr: float = 1e-4,
        weight_decay: float = 1e-4,
        warmup_steps: int = 1000,
        decay: bool = False,
        compiled: bool = False,
    ) -> None:
        net = Policy(size=size, encoder=encoder, past_actions=past_actions, context=context, trunk=trunk)
        if init_from is not None:
            parent = hub.load(init_from, "policy")
            if parent.config != net.config:
                raise ValueError(f"init_from {init_from}: holds {parent.config}, but the model asks for {net.config}")
            net.load_state_dict(parent.state_dict())
        parents = {} if init_from is None else {"init_from": init_from}
        optimization = {"lr": lr, "weight_decay": weight_decay, "warmup_steps": warmup_steps, "decay": decay}
        super().__init__(net, parents, trainable, optimization)
        self.save_hyperparameters()
        self.init_from = init_from
        self.compiled = compiled
        self.accuracy = ActionAccuracy()

    def setup(self, stage: str) -> None:
        """Compiles the network, if that is wanted, and refuses data of which it would not learn every position.

        Raises:
            ValueError: If the windows of the data are shorter than what a network from scratch sees.
        """
        windows = getattr(self.trainer.datamodule, "context", self.net.context)  # type: ignore[attr-defined]
        if stage == "fit" and windows < self.net.context and not (self.pretrained or self.net.trunk.streams):
            raise ValueError(
                f"data.context {windows}: the positions behind would stay untrained; allowed: "
                f"{self.net.context}, as model.context, or --model.context {windows}"
            )
        if self.compiled and stage == "fit":
            self.net.compile()  # its forward pass, that of training; it acts by other methods

    @property
    def pretrained(self) -> bool:
        """Whether the policy started from given weights."""
        return self.init_from is not None

    def training_step(self, batch: dict[str, Tensor], batch_index: int) -> Tensor:
        """Returns the loss of a batch of windows: frames, actions and mask."""
        steps, _ = self._losses(batch)
        self.log("train/loss", steps.detach().sum() / batch["mask"].sum(), prog_bar=True)
        return steps.mean()

    def validation_step(self, batch: dict[str, Tensor], batch_index: int) -> None:
        """Adds a batch of windows to the offline metrics: loss, and accuracy of each action component."""
        self._measure("val", batch)

    def on_validation_epoch_end(self) -> None:
        """Logs the accuracy of each action component."""
        self._log_accuracy("val")

    def test_step(self, batch: dict[str, Tensor], batch_index: int) -> None:
        """Adds a batch of windows to the offline metrics; how the policy plays is measured by `ClosedLoop`."""
        self._measure("test", batch)

    def on_test_epoch_end(self) -> None:
        """Logs the accuracy of each action component."""
        self._log_accuracy("test")

    def _measure(self, stage: str, batch: dict[str, Tensor]) -> None:
        steps, distribution = self._losses(batch)
        count = int(batch["mask"].sum())
        self.log(f"{stage}/loss", steps.sum() / count, prog_bar=True, batch_size=count)
        self.accuracy.update(distribution.mode(), batch["actions"], batch["mask"])

    def _log_accuracy(self, stage: str) -> None:
        if not self.accuracy.update_called:  # a validation without a set, for callbacks that play
            return
        self.log_dict({f"{stage}/accuracy/{name}": value for name, value in self.accuracy.compute().items()})
        self.accuracy.reset()

    def _losses(self, batch: dict[str, Tensor]) -> tuple[Tensor, GamepadDistribution]:
        """Returns the loss of every step, 0 on padding, `(B, T)`, and what the policy would do there."""
        actions = batch["actions"]
        distribution = GamepadDistribution(self.net(batch["frames"], actions))
        return torch.where(batch["mask"], -distribution.log_prob(actions), 0.0), distribution
