"""Lightning's options over training data without an end: each one works, or is refused before anything is built."""

import importlib
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from lightning.fabric.plugins.environments.lightning import LightningEnvironment
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch import Trainer
from lightning.pytorch.callbacks import EarlyStopping, Timer
from lightning.pytorch.strategies import FSDPStrategy, Strategy
from lightning.pytorch.strategies.launchers import _MultiProcessingLauncher

from padzoo.callbacks import ClosedLoop

Rule = tuple[Callable[[Any], bool], str]  # whether a value works, and those that do, for messages


def _least(least: int) -> Rule:
    return lambda value: value is None or value >= least, f"{least} or more"


def _one_of(*names: str) -> Rule:
    """A class of the user's own passes too."""
    return lambda value: value is None or not isinstance(value, str) or value in names, ", ".join(names)


def _counts(least: int) -> Rule:
    """A float is a fraction: of data without a length there is none but the whole."""
    return (
        lambda value: value is None or (value >= least if isinstance(value, int) else value in (1.0, float(least))),
        f"a whole number of batches, {least} or more; the data has no length to take a part of",
    )


def _lasts(time: Any) -> bool:
    try:
        return (Timer(time).time_remaining() or 0) > 0
    except (MisconfigurationException, TypeError, AttributeError, OverflowError):  # no time at all
        return False


RULES: Final[Mapping[str, Rule]] = {
    "accelerator": _one_of("auto", "cpu", "cuda", "gpu", "mps"),
    "precision": (
        lambda value: not str(value).startswith("transformer-engine"),
        "64-true, 32-true, 16-true, 16-mixed, bf16-true, bf16-mixed",
    ),
    "max_epochs": (lambda value: value is None or value == -1 or value > 0, "1 or more, or -1 for no limit"),
    "min_epochs": _least(0),
    "max_steps": (lambda value: value == -1 or value > 0, "1 or more, or -1 for no limit"),
    "min_steps": _least(0),
    "max_time": (lambda value: value is None or _lasts(value), "DD:HH:MM:SS, over 0"),
    "limit_train_batches": _counts(1),
    "limit_val_batches": _counts(0),
    "limit_test_batches": _counts(1),
    "overfit_batches": (lambda value: value == 0, "0; to overfit, let data.train be a small set"),
    "val_check_interval": (
        lambda value: value is None or (value > 0 if isinstance(value, int) else _lasts(value)),
        "a whole number of batches, 1 or more, or a time DD:HH:MM:SS, over 0",
    ),
    "check_val_every_n_epoch": _least(1),
    "num_sanity_val_steps": _least(-1),
    "log_every_n_steps": _least(0),
    "accumulate_grad_batches": _least(1),
    "gradient_clip_val": _least(0),
    "use_distributed_sampler": (lambda value: not value, "false; the loaders know their rank already"),
    "profiler": _one_of("simple", "advanced", "pytorch"),
    "barebones": (lambda value: not value, "false; it would train without a log and a checkpoint"),
    "reload_dataloaders_every_n_epochs": _least(0),
    "default_root_dir": (
        lambda value: value is not None and "://" not in str(value) and not Path(value).is_file(),
        "a folder of this machine",
    ),
    "model_registry": (lambda value: value is None, "null"),
}
WITHOUT_EPOCHS: Final[Mapping[str, tuple[Any, ...]]] = {  # what these may be where the training data is one long epoch
    "max_epochs": (None, -1),
    "min_epochs": (None, 0),
    "check_val_every_n_epoch": (None, 1),
    "reload_dataloaders_every_n_epochs": (0,),
}


def check(settings: Mapping[str, Any], command: str) -> None:
    """Refuses what Lightning would ignore, misunderstand or never end with.

    Args:
        settings: The trainer's arguments, by name.
        command: `fit`, `validate`, `test` or `predict`.

    Raises:
        ValueError: If an option has no meaning here, or a training has no end.
    """
    for name, (works, allowed) in RULES.items():
        if not works(settings[name]):
            raise _refusal(settings, name, allowed)
    _check_devices(settings)
    if command == "fit" and not settings["fast_dev_run"]:
        _check_epochs(settings)
        _check_end(settings)
        _check_pairs(settings)


def check_built(trainer: Trainer, settings: Mapping[str, Any]) -> None:
    """Refuses what Lightning understood otherwise, or would wait for without end.

    Args:
        trainer: What Lightning made of the settings.
        settings: The trainer's arguments, by name.

    Raises:
        ValueError: If an option has no effect on this machine, nobody started the other machines, or processes would be
            started that do not run the command.
    """
    if isinstance(trainer.strategy.launcher, _MultiProcessingLauncher):
        raise _refusal(settings, "strategy", "auto, ddp, fsdp or another one that starts the command itself anew")
    if str(settings["precision"]).startswith("16") and not trainer.precision.startswith("16"):
        raise _refusal(settings, "precision", f"{trainer.precision} on this device")
    environment = getattr(trainer.strategy, "cluster_environment", None)
    if trainer.num_nodes > 1 and isinstance(environment, LightningEnvironment) and "MASTER_ADDR" not in os.environ:
        raise _refusal(settings, "num_nodes", "1, or a start by torchrun or srun, or MASTER_ADDR and NODE_RANK")


def check_module(trainer: Trainer, clones: bool, learns_all: bool) -> None:
    """Refuses what cannot be done with every module.

    Args:
        trainer: What Lightning made of the settings.
        clones: Whether the module is behavior cloning.
        learns_all: Whether all of its weights learn.

    Raises:
        ValueError: If a network is to be rounded in a module that computes with unrounded numbers beside it; or spread
            out by FSDP though a part of it is frozen, which its checkpoints would lack, or though it is to play.
    """
    if trainer.precision.endswith("-true") and trainer.precision != "32-true" and not clones:
        raise ValueError(
            f"trainer.precision {trainer.precision}: allowed: with BehaviorCloning; else bf16-mixed, 32-true"
        )
    if isinstance(trainer.strategy, FSDPStrategy):
        if not (clones and learns_all):
            raise ValueError("trainer.strategy fsdp: allowed: with BehaviorCloning and model.trainable all; else ddp")
        if any(isinstance(callback, ClosedLoop) for callback in trainer.callbacks):  # type: ignore[attr-defined]
            raise ValueError(
                "trainer.strategy fsdp: allowed: without ClosedLoop, as nothing acts with a part of a network"
            )


def _refusal(settings: Mapping[str, Any], name: str, allowed: str) -> ValueError:
    value = settings[name]
    value = type(value).__name__ if isinstance(value, Strategy) else value
    return ValueError(f"trainer.{name} {str(value).lower() if isinstance(value, bool) else value}: allowed: {allowed}")


def _check_devices(settings: Mapping[str, Any]) -> None:
    devices = settings["devices"]
    if settings["accelerator"] == "cpu" and devices != "auto" and not (str(devices).isdigit() and int(devices) > 0):
        raise _refusal(settings, "devices", "1 or more processes on a CPU, or auto for one")


def _check_epochs(settings: Mapping[str, Any]) -> None:
    limit, interval = settings["limit_train_batches"], settings["val_check_interval"]
    if not isinstance(limit, int):
        for name, allowed in WITHOUT_EPOCHS.items():
            if settings[name] not in allowed:
                values = " or ".join("null" if value is None else str(value) for value in allowed)
                needed = "the data has no end, so that only trainer.limit_train_batches makes epochs"
                raise _refusal(settings, name, f"{values}; {needed}")
    elif isinstance(interval, int) and interval > limit and settings["check_val_every_n_epoch"]:
        raise _refusal(
            settings,
            "val_check_interval",
            f"up to limit_train_batches, {limit}, or check_val_every_n_epoch null",
        )


def _check_end(settings: Mapping[str, Any]) -> None:
    ends = (settings["max_steps"] > 0, (settings["max_epochs"] or 0) > 0, settings["max_time"] is not None)
    looks = isinstance(settings["limit_train_batches"], int) or settings["val_check_interval"] is not None
    if not any(ends) and not (looks and any(issubclass(kind, EarlyStopping) for kind in _callbacks(settings))):
        raise ValueError(
            f"trainer.max_steps {settings['max_steps']}: training would never end; allowed: 1 or more, or "
            "trainer.max_time, trainer.max_epochs with trainer.limit_train_batches, or the callback EarlyStopping with "
            "trainer.val_check_interval"
        )


def _check_pairs(settings: Mapping[str, Any]) -> None:
    if 0 < settings["max_steps"] < (settings["min_steps"] or 0):
        raise _refusal(settings, "min_steps", f"at most trainer.max_steps {settings['max_steps']}")
    if settings["gradient_clip_algorithm"] is not None and not settings["gradient_clip_val"]:
        raise _refusal(settings, "gradient_clip_algorithm", "null, or with trainer.gradient_clip_val over 0")


def _callbacks(settings: Mapping[str, Any]) -> Iterator[type]:
    """Yields the classes of the callbacks: none, one or a list of them is given."""
    given = settings["callbacks"] or []
    for callback in given if isinstance(given, list) else [given]:
        module, _, name = callback["class_path"].rpartition(".")
        yield getattr(importlib.import_module(module), name)
