"""The base of everything that trains: one network, one optimizer, checkpoints that say what they are."""

from typing import Any, Final

import torch
from lightning.pytorch import LightningModule
from lightning.pytorch.trainer.states import TrainerFn
from lightning.pytorch.utilities.types import OptimizerLRScheduler
from torch import Tensor
from torch.optim.lr_scheduler import LambdaLR

from padzoo.core.gamepad import check_schema
from padzoo.zoo import hub
from padzoo.zoo.hub.publish import history

FREE: Final = ("compiled", "feature_cache", "games")  # settings of a module that do not decide what is learnt


class ZooModule(LightningModule):
    """Trains one network with AdamW and a linear warmup (Appendix C).

    A subclass builds the network from plain arguments and calls `save_hyperparameters()`, so that its checkpoints load
    without unpickling anything.

    Args:
        net: The network.
        parents: The weights that it starts from or learns with, reference by role. `about` keeps their lineage; the
            command line adds how it is trained.
        lr: Learning rate after the warmup.
        weight_decay: AdamW's decoupled weight decay.
        warmup_steps: Updates over which the learning rate rises linearly.
        decay: Whether the learning rate then falls linearly, to 0 at the trainer's `max_steps`; the paper's stays.

    Raises:
        ValueError: If a number is not allowed.
    """

    net: hub.Network

    def __init__(
        self,
        net: hub.Network,
        parents: dict[str, str],
        lr: float,
        weight_decay: float,
        warmup_steps: int,
        decay: bool = False,
    ) -> None:
        for name, value in (("lr", lr), ("weight_decay", weight_decay), ("warmup_steps", warmup_steps)):
            if not value >= 0:
                raise ValueError(f"model.{name} {value}: allowed: 0 or more")
        super().__init__()
        self.net = net
        self.about = history(parents)
        self.lr = lr
        self.weight_decay = weight_decay
        self.warmup_steps = warmup_steps
        self.decay = decay

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """Returns AdamW over the trainable parameters and its schedule.

        Raises:
            ValueError: If the learning rate is to decay over a training without an end.
        """
        if self.decay and self.trainer.max_steps < 1:
            raise ValueError(f"model.decay true: needs trainer.max_steps, which is {self.trainer.max_steps}")
        parameters = [parameter for parameter in self.parameters() if parameter.requires_grad]
        fused = self.trainer.precision != "16-mixed"  # fused, AdamW unscales gradients, too late to clip them before
        optimizer = torch.optim.AdamW(parameters, lr=self.lr, weight_decay=self.weight_decay, fused=fused)
        # It has nothing to unscale without a gradient scaler, but Lightning would refuse to clip in bf16-mixed as well.
        optimizer._step_supports_amp_scaling = False
        scheduler = LambdaLR(optimizer, self._schedule)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler, "interval": "step"}}

    def _schedule(self, step: int) -> float:
        """Returns the learning rate of an update, as a share of `lr`."""
        warmup = (step + 1) / (self.warmup_steps + 1)
        if not self.decay:
            return min(1.0, warmup)
        return max(0.0, min(1.0, warmup, 1 - step / self.trainer.max_steps))

    def on_before_backward(self, loss: Tensor) -> None:
        """Stops a training that has gone astray before it spoils the weights.

        Raises:
            ValueError: If the loss is not finite.
        """
        if not torch.isfinite(loss):
            raise ValueError(
                f"update {self.global_step}: the loss is {float(loss.detach())}; what was saved before is kept; "
                "allowed: a lower model.lr, or a warmup (model.warmup_steps)"
            )

    @property
    def pretrained(self) -> bool:
        """Whether the network started from weights of its own kind."""
        return False

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Refuses a checkpoint that does not fit; see `check`."""
        self.check(checkpoint, self._trainer is not None and self._trainer.state.fn == TrainerFn.FITTING)

    def check(self, checkpoint: dict[str, Any], resumes: bool) -> None:
        """Refuses a checkpoint of another network or action schema, or to resume a training with other settings.

        Args:
            checkpoint: What the file holds.
            resumes: Whether its training is to be resumed.

        Raises:
            ValueError: If the checkpoint does not hold such a network, a weight of it is NaN or infinite, or its
                training started from other weights or had other settings: the optimizer would keep its own, and the
                checkpoint say what is not so.
        """
        found = checkpoint.get("padzoo")
        if found is None:
            raise ValueError("ckpt_path: not a checkpoint of padzoo")
        check_schema(found["schema"], "ckpt_path")
        own = hub.describe(self.net, self.about)
        for name in ("network", "config"):
            if found[name] != own[name]:
                raise ValueError(f"ckpt_path: holds {name} {found[name]}; the configuration asks for {own[name]}")
        hub.check_finite(checkpoint.get("state_dict", {}), "ckpt_path")  # FSDP reads its parts later
        if resumes:
            before, now = _hashes(found), _hashes(own)
            if before != now:
                raise ValueError(f"ckpt_path: its training started from {before}; this one from {now}")
            self._check_settings(checkpoint.get("hyper_parameters", {}), found.get("about", {}).get("seed"))

    def _check_settings(self, before: dict[str, Any], seed: int | None) -> None:
        ours = {name: now for name, now in self.hparams.items() if name not in (*FREE, *self.about.parents)}
        settings = {f"model.{name}": (before.get(name, now), now) for name, now in ours.items() if name[0] != "_"}
        if "_class_path" in before and "_class_path" in ours:
            settings["model"] = (before["_class_path"], ours["_class_path"])
        if self.about.configuration is not None:  # on the command line
            settings["seed_everything"] = (seed, self.about.seed)
        for name, (then, now) in settings.items():
            if then != now:
                raise ValueError(
                    f"ckpt_path: the training has {name} {then}, now {now}; allowed: {name} {then}, or a new training "
                    "with model.init_from"
                )

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Adds what the network is and how it is made, so that it can be rebuilt and published from the file alone.

        Raises:
            ValueError: If a weight is not finite: no checkpoint is written, nor one of before replaced.
        """
        for name, value in self.named_parameters():
            if not torch.isfinite(value).all():
                raise ValueError(
                    f"update {self.global_step}: {name} is not finite any more; what was saved before is kept; "
                    "allowed: a lower model.lr, or a warmup (model.warmup_steps)"
                )
        checkpoint["padzoo"] = hub.describe(self.net, self.about)
        if self._trainer is not None and self.trainer.accumulate_grad_batches > 1:
            self._return_batches(checkpoint["loops"]["fit_loop"]["epoch_loop.batch_progress"])

    def _return_batches(self, progress: dict[str, Any]) -> None:
        """Counts batches as unread that are part of no update yet: their gradient is not in the file."""
        read = progress["current"]["processed"]
        over = read % self.trainer.accumulate_grad_batches
        if over and not (progress["is_last_batch"] and read == progress["current"]["ready"]):  # it ends with an update
            for counts in (progress["current"], progress["total"]):
                counts |= dict.fromkeys(counts, counts["processed"] - over)


def _hashes(entry: dict[str, Any]) -> dict[str, str]:
    """Returns what the network of a checkpoint started from or learns with, sha256 by role."""
    return {role: parent["sha256"] for role, parent in entry.get("about", {}).get("parents", {}).items()}
