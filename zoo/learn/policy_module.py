"""What behavior cloning and alignment share: a policy that trains and predicts actions."""

from typing import Any, ClassVar, Final, Literal, Self, get_args

import torch
from torch import Tensor

from padzoo.core.trajectory import Trajectory
from padzoo.zoo.learn.module import ZooModule
from padzoo.zoo.nets import lora
from padzoo.zoo.nets.gamepad_distribution import GamepadDistribution
from padzoo.zoo.nets.policy import Policy

Trainable = Literal["all", "head", "lora"]
RANK: Final = 8  # of the changes that `lora` learns


class PolicyModule(ZooModule):
    """A policy that trains and predicts actions.

    Args:
        net: The policy.
        parents: The weights that it starts from or learns with, reference by role.
        trainable: Which weights learn: `all`; the `head`, the MLP after the transformer (Appendix C.4); or, beside the
            head, a low-rank change of every linear layer of the transformer (`lora`; Appendix D).
        optimization: `lr`, `weight_decay`, `warmup_steps` and `decay` of `ZooModule`.

    Raises:
        ValueError: If there is no such choice of weights.
    """

    FROZEN: ClassVar[tuple[str, ...]] = ()  # how weights begin that files of their own hold: checkpoints leave them out
    net: Policy

    def __init__(
        self, net: Policy, parents: dict[str, str], trainable: Trainable, optimization: dict[str, Any]
    ) -> None:
        super().__init__(net, parents, **optimization)
        if trainable not in get_args(Trainable):
            raise ValueError(f"model.trainable {trainable!r}: allowed: {', '.join(get_args(Trainable))}")
        self.trainable = trainable
        if trainable != "all":
            net.requires_grad_(False)
            net.head.requires_grad_(True)
            if trainable == "lora":
                lora.adapt(net.trunk, RANK)
            self.train(self.training)  # Lightning's fit leaves every network in the mode in which it finds it

    def train(self, mode: bool = True) -> Self:
        """Switches to training or evaluation; what is frozen stays in evaluation, the statistics of an encoder too."""
        super().train(mode)
        if self.trainable != "all":
            for child in (self.net.encoder, self.net.projection, self.net.trunk):
                child.eval()
        return self

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Leaves out what is frozen, and merges low-rank changes into the weights; a resume needs them apart, too."""
        super().on_save_checkpoint(checkpoint)
        state = checkpoint["state_dict"]
        for name in self._frozen():
            del state[name]
        for name, layer in lora.adapted(self):
            for part in [key for key in state if key.startswith(f"{name}.parametrizations.")]:
                state[f"lora.{part}"] = state.pop(part)
            state[f"{name}.weight"] = lora.merged_weight(layer)

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Puts back what is frozen, and low-rank changes beside the weights that they change."""
        super().on_load_checkpoint(checkpoint)
        if "state_dict" not in checkpoint:  # FSDP has loaded the weights before
            return
        state = checkpoint["state_dict"]
        state.update(self._frozen())
        for name, _ in lora.adapted(self):
            state.pop(f"{name}.weight")
        for part in [key for key in state if key.startswith("lora.")]:
            state[part.removeprefix("lora.")] = state.pop(part)

    def _frozen(self) -> dict[str, Tensor]:
        return {name: value for name, value in self.state_dict().items() if name.startswith(self.FROZEN)}

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
