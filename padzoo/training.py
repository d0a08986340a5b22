"""`padzoo fit|validate|test|predict`: LightningCLI over the zoo's modules and data modules."""

import json
import logging
import os
import re
import shlex
import signal
import sys
import warnings
from collections.abc import Sequence
from contextlib import nullcontext, suppress
from dataclasses import asdict, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import yaml
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import ProgressBar, TQDMProgressBar
from lightning.pytorch.cli import ArgsType, LightningArgumentParser, LightningCLI, SaveConfigCallback
from lightning.pytorch.loggers import TensorBoardLogger
from lightning.pytorch.utilities.exceptions import SIGTERMException
from torch.distributed import DistError

import padzoo.callbacks
import padzoo.datamodules.demonstrations
import padzoo.datamodules.episodes
import padzoo.datamodules.preferences
import padzoo.zoo.learn.reward_model  # noqa: F401 - imported so that configurations can name the classes without their module
from padzoo import trainer_options
from padzoo.callbacks import ClosedLoop, LastCheckpoint, PredictionWriter, RewardRenewal
from padzoo.core import configuration
from padzoo.core.atomic import atomic, reserved
from padzoo.core.patient_file import shown
from padzoo.core.registry import Registry
from padzoo.datamodules.module import ZooDataModule
from padzoo.envs.game import Game
from padzoo.home import at_home
from padzoo.ranks import ranks_of
from padzoo.trainer import Trainer as UnendingTrainer
from padzoo.zoo.hub.card import About
from padzoo.zoo.hub.checkpoint import read_training
from padzoo.zoo.hub.publish import dataset
from padzoo.zoo.learn.behavior_cloning import BehaviorCloning
from padzoo.zoo.learn.module import ZooModule
from padzoo.zoo.learn.repeated_aligner import RepeatedAligner

NOISE: Final = (  # Lightning's warnings of what is meant here
    "LightningCLI's args parameter is intended",  # called from Python, as by the tests and the reward grid
    r"Found \d+ module\(s\) in eval mode",  # frozen networks, and a policy that plays while it learns
    "Be aware that when using `ckpt_path`",  # a checkpoint is read without the callbacks of its training
    "The dirpath has changed",  # or in another folder
    "Checkpoint directory .* exists and is not empty",  # a training resumes in its own folder
    "Precision .* is not supported by the model summary",  # its megabytes are those of 32 bits
    r"The number of training batches \(\d+\) is smaller than the logging interval",  # it counts across epochs
    "You.re resuming from a checkpoint that ended before the epoch ended",  # the data resumes with the next batch
    "You passed `Trainer.accelerator='cpu', precision='16-mixed'",  # and would get another one: it is refused
    r"`isinstance\(treespec, LeafSpec\)` is deprecated",  # Lightning 2.6 on torch 2.15
    "`training_step` returned `None`",  # every game of a batch crashed: there is nothing to learn from
)
PATIENCE: Final = 10  # seconds; the readers of a killed training look for it every 5
CONFIGURATIONS: Final = ("--config", "-c", "--model", "--data", "--trainer", "--game")  # each may name a YAML file
ALIGNERS: Final = Registry(  # a table, and other packages' in the entry points `padzoo.aligner`
    "aligner",
    {
        "reinforce": "padzoo.zoo.learn.reinforce.Reinforce",
        "rloo": "padzoo.zoo.learn.rloo.RLOO",
        "grpo": "padzoo.zoo.learn.grpo.GRPO",
        "ppo": "padzoo.zoo.learn.ppo.PPO",
        "rest": "padzoo.zoo.learn.rest.ReST",
        "dpo": "padzoo.zoo.learn.dpo.DPO",
    },
)


class SaveFitConfig(SaveConfigCallback):
    """Saves the configuration of `fit` only: that of a later `validate` in the same folder must not replace it."""

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Waits: a training that may not resume must not replace it either."""

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Saves the configuration, once the checkpoint is read."""
        super().setup(trainer, pl_module, "fit")


class TrainingCLI(LightningCLI):
    """LightningCLI with the zoo's habits: logs and checkpoints in `trainer.default_root_dir`, what is given wins."""

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """Sets the zoo's defaults, and says the game once for whatever plays it."""
        # The loaders know their rank already: Lightning's sampler would give each rank a share of its share.
        parser.set_defaults({"trainer.default_root_dir": "runs/default", "trainer.use_distributed_sampler": False})
        parser.add_class_arguments(Game, "game")
        parser.link_arguments("game", "model.init_args.game", compute_fn=dict)
        parser.link_arguments("game", "data.init_args.options", compute_fn=lambda game: Game(**game).starts)

    def before_instantiate_classes(self) -> None:
        """Finds what begins at the user's home, and refuses options of the trainer that have no meaning here."""
        config = self.config[self.subcommand] = at_home(self.config[self.subcommand])
        trainer_options.check(config["trainer"], str(self.subcommand))
        if config["seed_everything"] is False:
            raise ValueError(
                "seed_everything false: allowed: a seed, which a checkpoint can name, or true, which draws one"
            )

    def instantiate_trainer(self, **kwargs: Any) -> Trainer:
        """Builds the trainer; unless configured otherwise, logs and predictions go to its root folder itself."""
        settings = self.config_init[self.subcommand]["trainer"]
        root = settings["default_root_dir"]
        if settings["logger"] in (None, True) and not settings["fast_dev_run"]:
            kwargs["logger"] = TensorBoardLogger(root, name="", version="", default_hp_metric=False)
        found = settings["callbacks"] or []  # none, one or a list
        callbacks: list[Callback] = [*found] if isinstance(found, list) else [found]
        given = {type(callback) for callback in callbacks}
        keeps = settings["enable_checkpointing"] is not False and not settings["fast_dev_run"]
        if self.subcommand == "fit" and keeps and LastCheckpoint not in given:
            callbacks.append(LastCheckpoint())
        if self.subcommand == "test" and isinstance(self.model, BehaviorCloning) and ClosedLoop not in given:
            callbacks.append(ClosedLoop())
        for callback in callbacks:
            if isinstance(callback, ClosedLoop) and callback.game is None:
                callback.game = asdict(self.config_init[self.subcommand]["game"])
        if self.subcommand == "predict" and PredictionWriter not in given:
            callbacks.append(PredictionWriter(str(Path(root) / "predictions")))
        if settings["enable_progress_bar"] is not False and not any(issubclass(kind, ProgressBar) for kind in given):
            callbacks.append(TQDMProgressBar())  # Lightning's choice, Rich, took 2 % of the training of `tiny`
        # Lightning would take `min_steps` for an epoch at least, and no epoch ends.
        kwargs |= {"callbacks": callbacks, "min_epochs": settings["min_epochs"] or 0}
        try:
            trainer = super().instantiate_trainer(**kwargs)
        except (ImportError, TypeError) as error:  # of a device that needs another package, or has another name
            raise ValueError(f"trainer: {error}") from error
        trainer_options.check_built(trainer, settings)
        clones = isinstance(self.model, BehaviorCloning)
        trainer_options.check_module(trainer, clones, clones and self.model.trainable == "all")
        return trainer

    def instantiate_classes(self) -> None:
        """Builds everything, and checks the data before anything is logged: a run that cannot start leaves nothing."""
        super().instantiate_classes()
        if isinstance(self.model, RepeatedAligner):
            self.model.clip_by_itself(self.trainer)
        checkpoint = self.config[self.subcommand].get("ckpt_path")
        if checkpoint == "last":
            self._find_last()
        elif checkpoint is not None and not Path(checkpoint).is_file():
            raise ValueError(f"ckpt_path {checkpoint}: no such file; allowed: the path of a .ckpt, or last")
        if self.subcommand != "fit" and checkpoint is None and not self.model.pretrained:
            raise ValueError(f"{self.subcommand}: the network is untrained; give its checkpoint with --ckpt_path")
        self.datamodule.setup(self.subcommand)
        if self.subcommand == "fit":
            self.model.about = self._say(self.model.about)
            if checkpoint is not None:  # Lightning would ask only after it has begun a log
                before = read_training(Path(self.config_init[self.subcommand]["ckpt_path"]))
                self.model.check(before, resumes=True)
                RewardRenewal.check(self.trainer, before)
                self.datamodule.trainer = self.trainer  # which knows how many ranks there are
                self.datamodule.check(before.get(type(self.datamodule).__qualname__, {}))

    def _say(self, about: About) -> About:
        """Adds the command, its resolved configuration and the data to what a checkpoint says of its training."""
        parser, config = self._parser(self.subcommand), self.config[self.subcommand]
        text = re.sub(r"class_path: padzoo\.[\w.]+\.(\w+)", r"class_path: \1", parser.dump(config, skip_none=False))
        given = yaml.safe_load(text)
        data, settings = list(about.data), given["data"].get("init_args", {})
        for path in filter(None, map(settings.get, ("train", "train_preferences"))):
            with suppress(ValueError):  # a data module of one's own may learn from something else
                data += [found for found in [dataset(path)] if found not in data]
        return replace(
            about,
            commands=[*about.commands, self._command],
            data=data,
            seed=int(given["seed_everything"] or 0),
            configuration=_public(given),
        )

    def parse_arguments(self, parser: LightningArgumentParser, args: ArgsType) -> None:
        """Parses the arguments and keeps them for the checkpoint."""
        self._command = shown(shlex.join(["padzoo", *map(str, args or [])]))
        super().parse_arguments(parser, args)

    def _find_last(self) -> None:
        """Puts the path in the place of `--ckpt_path last`, which Lightning would only warn of if there is none."""
        root = self.config[self.subcommand]["trainer"]["default_root_dir"]
        path = LastCheckpoint.path(root)
        if not path.is_file():
            raise ValueError(f"ckpt_path last: there is no {path}; allowed: the trainer.default_root_dir of a training")
        self.config_init[self.subcommand]["ckpt_path"] = str(path)

    def after_test(self) -> None:
        """Writes the figures of `test`, which are those of all ranks, to `test.json` in the root folder."""
        if not self.trainer.is_global_zero:
            return
        metrics = {name: float(value) for name, value in self.trainer.callback_metrics.items()}
        path = Path(self.trainer.default_root_dir) / "test.json"
        with atomic(path) as file:
            file.write_text(json.dumps(metrics, indent=1) + "\n")

    def _run_subcommand(self, subcommand: str) -> None:
        """Runs the command and closes the model's games; after an error or a signal Lightning itself does not.

        Raises:
            SystemExit: After a signal, with 128 and its number: to a scheduler, Lightning's 0 would be a training that
                is done. Of several ranks the first alone does so: another's end would have it killed as it saves.
        """
        if self.trainer.world_size > 1:  # as they wait for one another to start, no handler of Python's would run
            for number in (signal.SIGTERM, signal.SIGUSR1, signal.SIGHUP):
                if signal.getsignal(number) != signal.SIG_IGN:
                    signal.signal(number, signal.SIG_DFL)
        root, tries = self.trainer.default_root_dir, self.config_init[subcommand]["trainer"]["fast_dev_run"]
        writes = subcommand == "fit" and self.trainer.is_global_zero and not tries
        try:
            with reserved(root, PATIENCE) if writes else nullcontext(), ranks_of(self.trainer):
                super()._run_subcommand(subcommand)
        except SystemExit as error:
            if not isinstance(error, SIGTERMException) and error.code != 1:  # not Lightning's end after Ctrl-C
                raise
            if not self.trainer.is_global_zero:
                raise SystemExit(0) from error
            number = signal.SIGTERM if isinstance(error, SIGTERMException) else signal.SIGINT
            last = LastCheckpoint.path(root)
            resumes = "; --ckpt_path last resumes" if subcommand == "fit" and last.is_file() else ""
            print(f"padzoo: stopped by {number.name} after update {self.trainer.global_step}{resumes}", file=sys.stderr)
            raise SystemExit(128 + number) from error
        finally:
            self.model.teardown(subcommand)

    def _parse_ckpt_path(self) -> None:
        """Keeps the configuration as given: Lightning would let the checkpoint's own override the command line."""


def _public(value: Any) -> Any:
    """Returns a configuration without what addresses in it may have of secrets; it goes onto a card."""
    if isinstance(value, dict):
        return {name: _public(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_public(each) for each in value]
    return shown(value) if isinstance(value, str) else value


def located(arguments: Sequence[str]) -> list[str]:
    """Returns the arguments with the path of each configuration that the package has in the place of its name.

    Args:
        arguments: A command and its options.

    Raises:
        ValueError: If there is no such configuration.
    """
    found: list[str] = []
    for before, argument in pairwise(["", *arguments]):
        option, _, value = argument.partition("=") if argument.startswith("-") else (before, "", argument)
        if option in CONFIGURATIONS and value.endswith(".yaml") and ":" not in value:  # else YAML itself, or a class
            argument = argument.removesuffix(value) + str(configuration.find(value))
        found.append(argument)
    return found


def train(arguments: Sequence[str]) -> None:
    """Runs one of Lightning's commands.

    Args:
        arguments: `fit`, `validate`, `test` or `predict`, and its options.

    Raises:
        ValueError: If something given is wrong, the trainer's settings among it.
    """
    for name in ALIGNERS.names:
        ALIGNERS.find(name)  # once it is imported, a class can be named without its module
    for room in ("lightning.pytorch", "lightning.fabric"):
        logging.getLogger(room).setLevel(logging.WARNING)  # else it advertises other products
    logging.getLogger("lightning.fabric.strategies.launchers").setLevel(logging.INFO)  # there: which process died
    logging.getLogger("lightning.pytorch.profilers").setLevel(logging.INFO)  # there they print what they measured
    for message in NOISE:
        warnings.filterwarnings("ignore", message)
    try:
        TrainingCLI(
            ZooModule,
            ZooDataModule,
            trainer_class=UnendingTrainer,
            subclass_mode_model=True,
            subclass_mode_data=True,
            auto_configure_optimizers=False,  # else `--optimizer` would silently replace the module's own
            seed_everything_default=0,
            save_config_callback=SaveFitConfig,
            save_config_kwargs={"overwrite": True},
            parser_kwargs={"prog": "padzoo", "exit_on_error": False}
            | {name: {"exit_on_error": False} for name in ("fit", "validate", "test", "predict")},
            args=located(arguments),
        )
    except MisconfigurationException as error:  # Lightning's own, no ValueError
        raise ValueError(str(error)) from error
    except (RuntimeError, EOFError) as error:
        line = _explained(error)
        if line is None:
            raise
        raise ValueError(line) from error


def _explained(error: RuntimeError | EOFError) -> str | None:
    """Returns what to say of an error of a library's that has no type of its own; None if it is a fault of ours."""
    said = str(error)
    if said.startswith("Early stopping conditioned on metric"):  # that is not available
        return said
    if isinstance(error, DistError) or "/gloo/" in said:
        return f"rank {os.environ.get('LOCAL_RANK', 0)}: another rank is gone: {said}"
    if said.startswith("DataLoader worker") or said == "unexpected EOF":  # while it works, and while it starts
        return f"a reader of the data is gone; --ckpt_path last resumes, if there is a checkpoint: {said}"
    return None
