"""Behavior cloning: pre-training, fine-tuning, training from scratch and preference fine-tuning, by configuration."""

from typing import Any

import torch
from torch import Tensor

from zoo import hub
from zoo.action_accuracy import ActionAccuracy
from zoo.nets.gamepad_distribution import GamepadDistribution
from zoo.nets.policy import Policy
from zoo.policy_module import GAME, PolicyModule, Trainable


class BehaviorCloning(PolicyModule):
    """Trains a policy to do what the players did (Section 3.2; Appendix C.1, C.2 and C.4).

    The loss is the cross-entropy summed over the 16 action components, averaged over the steps of the windows.

    Args:
        size: Network size: `tiny`, `4m`, `25m` or `103m`.
        encoder: `convnext`, the paper's, or `timm/<backbone>`.
        past_actions: Whether a step also sees the actions before it.
        init_from: Weights to start from: a `.ckpt` or a folder of weights; None starts from scratch.
        trainable: Which weights learn: `all`, or the `head`, the MLP after the transformer.
        lr: Learning rate after the warmup.
        weight_decay: AdamW's decoupled weight decay.
        warmup_steps: Updates over which the learning rate rises linearly.
        decay: Whether the learning rate then falls linearly, to 0 at the trainer's `max_steps`.
        env: Gymnasium id of the game to play in `test` and in closed-loop evaluation.
        env_args: Further arguments of the game.
        games: Games played at once.
        temperature: Softmax temperature of the actions while playing.

    Raises:
        ValueError: If a name is unknown, or `init_from` holds a policy of another architecture.
    """

    def __init__(
        self,
        size: str = "4m",
        encoder: str = "convnext",
        past_actions: bool = False,
        init_from: str | None = None,
        trainable: Trainable = "all",
        lr: float = 1e-4,
        weight_decay: float = 1e-4,
        warmup_steps: int = 1000,
        decay: bool = False,
        env: str = GAME,
        env_args: dict[str, Any] | None = None,
        games: int = 16,
        temperature: float = 1.0,
    ) -> None:
        net = Policy(size=size, encoder=encoder, past_actions=past_actions)
        if init_from is not None:
            parent = hub.load(init_from, "policy")
            if parent.config != net.config:
                raise ValueError(f"init_from {init_from}: holds {parent.config}, but the model asks for {net.config}")
            net.load_state_dict(parent.state_dict())
        parents = {} if init_from is None else {"init_from": init_from}
        optimization = {"lr": lr, "weight_decay": weight_decay, "warmup_steps": warmup_steps, "decay": decay}
        super().__init__(net, parents, trainable, optimization, env, env_args, games, temperature)
        self.save_hyperparameters()
        self.init_from = init_from
        self.accuracy = ActionAccuracy()

    @property
    def pretrained(self) -> bool:
        """Whether the policy started from given weights."""
        return self.init_from is not None

    def training_step(self, batch: dict[str, Tensor], batch_index: int) -> Tensor:
        """Returns the loss of a batch of windows: frames, actions and mask."""
        loss, _ = self._losses(batch)
        self.log("train/loss", loss, prog_bar=True)
        return loss

    def validation_step(self, batch: dict[str, Tensor], batch_index: int) -> None:
        """Adds a batch of windows to the offline metrics: loss, and accuracy of each action component."""
        loss, distribution = self._losses(batch)
        self.log("val/loss", loss, prog_bar=True, batch_size=int(batch["mask"].sum()))
        self.accuracy.update(distribution.mode(), batch["actions"], batch["mask"])

    def on_validation_epoch_end(self) -> None:
        """Logs the accuracy of each action component."""
        self.log_dict({f"val/accuracy/{name}": value for name, value in self.accuracy.compute().items()})
        self.accuracy.reset()

    def _losses(self, batch: dict[str, Tensor]) -> tuple[Tensor, GamepadDistribution]:
        actions, mask = batch["actions"], batch["mask"]
        distribution = GamepadDistribution(self.net(batch["frames"], actions))
        steps = -distribution.log_prob(actions)  # (B, T)
        return torch.where(mask, steps, 0.0).sum() / mask.sum(), distribution
