"""Every option of Lightning's trainer: it works, or is refused in one line before anything is built."""

import inspect
import json
import re
from pathlib import Path
from unittest.mock import Mock

import pytest
import torch
from lightning.pytorch import Trainer
from lightning.pytorch.strategies import FSDPStrategy
from micro import CONFIGS, column, fit, logged, padzoo, preset, weights

from padzoo.callbacks import ClosedLoop
from padzoo.datamodules.sets.shard_set import ShardSet
from padzoo.trainer_options import check_module
from padzoo.zoo.learn.behavior_cloning import BehaviorCloning

REFUSED = [  # options, and the message from `trainer.` on
    ("--accelerator tpu", "accelerator tpu: allowed: auto, cpu, cuda, gpu, mps"),
    *(
        (
            f"--devices {devices} --strategy {name}",
            f"strategy {name}: allowed: auto, ddp, fsdp or another one that",
        )
        for devices, name in [
            (2, "ddp_spawn"),
            (2, "ddp_fork"),
            (1, "ddp_notebook"),
            (2, "ddp_fork_find_unused_parameters_true"),
            (2, "ddp_notebook_find_unused_parameters_false"),
        ]
    ),
    ("--devices 2 --strategy DDPStrategy --strategy.start_method fork", "strategy DDPStrategy: allowed: auto, "),
    ("--devices -1", "devices -1: allowed: 1 or more processes on a CPU, or auto for one"),
    ("--num_nodes 2", "num_nodes 2: allowed: 1, or a start by torchrun or srun, or MASTER_ADDR and NODE_RANK"),
    ("--precision transformer-engine", "precision transformer-engine: allowed: 64-true, 32-true, 16-true, 16-mixed"),
    ("--precision 16-mixed", "precision 16-mixed: allowed: bf16-mixed on this device"),
    ("--max_epochs 1", "max_epochs 1: allowed: null or -1; the data has no end, so that only trainer.limit_train_bat"),
    ("--max_epochs 0", "max_epochs 0: allowed: 1 or more, or -1 for no limit"),
    ("--min_epochs 1", "min_epochs 1: allowed: null or 0; the data has no end"),
    ("--max_steps 0", "max_steps 0: allowed: 1 or more, or -1 for no limit"),
    ("--max_steps -1", "max_steps -1: training would never end; allowed: 1 or more, or trainer.max_time, trainer.max"),
    ("--min_steps 3", "min_steps 3: allowed: at most trainer.max_steps 2"),
    ("--min_steps -1", "min_steps -1: allowed: 0 or more"),
    ("--max_time 00:00:00:00", "max_time 00:00:00:00: allowed: DD:HH:MM:SS, over 0"),
    ("--max_time soon", "max_time soon: allowed: DD:HH:MM:SS, over 0"),
    ("--limit_train_batches 0", "limit_train_batches 0: allowed: a whole number of batches, 1 or more; the data has "),
    ("--limit_train_batches 0.5", "limit_train_batches 0.5: allowed: a whole number of batches, 1 or more; the data"),
    ("--limit_val_batches 0.5", "limit_val_batches 0.5: allowed: a whole number of batches, 0 or more; the data has"),
    ("--limit_test_batches 0", "limit_test_batches 0: allowed: a whole number of batches, 1 or more; the data has"),
    ("--limit_test_batches 0.5", "limit_test_batches 0.5: allowed: a whole number of batches, 1 or more; the data"),
    ("--overfit_batches 1", "overfit_batches 1: allowed: 0; to overfit, let data.train be a small set"),
    ("--val_check_interval 0", "val_check_interval 0: allowed: a whole number of batches, 1 or more, or a time DD:"),
    ("--val_check_interval 0.5", "val_check_interval 0.5: allowed: a whole number of batches, 1 or more, or a time"),
    (
        "--val_check_interval 00:00:00:00",
        "val_check_interval 00:00:00:00: allowed: a whole number of batches, 1 or",
    ),
    (
        "--val_check_interval.seconds 0",
        "val_check_interval {'seconds': 0}: allowed: a whole number of batches, 1",
    ),
    ("--val_check_interval soon", "val_check_interval soon: allowed: a whole number of batches, 1 or more, or a time"),
    (
        "--limit_train_batches 2 --check_val_every_n_epoch 1 --val_check_interval 3",
        "val_check_interval 3: allowed: up to limit_train_batches, 2, or check_val_every_n_epoch null",
    ),
    ("--check_val_every_n_epoch 0", "check_val_every_n_epoch 0: allowed: 1 or more"),
    ("--check_val_every_n_epoch 2", "check_val_every_n_epoch 2: allowed: null or 1; the data has no end"),
    ("--num_sanity_val_steps -2", "num_sanity_val_steps -2: allowed: -1 or more"),
    ("--log_every_n_steps -1", "log_every_n_steps -1: allowed: 0 or more"),
    ("--accumulate_grad_batches 0", "accumulate_grad_batches 0: allowed: 1 or more"),
    ("--gradient_clip_val -1", "gradient_clip_val -1: allowed: 0 or more"),
    (
        "--gradient_clip_val 0 --gradient_clip_algorithm value",
        "gradient_clip_algorithm value: allowed: null, or with trainer.gradient_clip_val over 0",
    ),
    ("--use_distributed_sampler true", "use_distributed_sampler true: allowed: false; the loaders know their rank"),
    ("--profiler xla", "profiler xla: allowed: simple, advanced, pytorch"),
    ("--barebones true", "barebones true: allowed: false; it would train without a log and a checkpoint"),
    ("--reload_dataloaders_every_n_epochs 1", "reload_dataloaders_every_n_epochs 1: allowed: 0; the data has no end"),
    ("--default_root_dir null", "default_root_dir None: allowed: a folder of this machine"),
    ("--default_root_dir memory://runs", "default_root_dir memory://runs: allowed: a folder of this machine"),
    (f"--default_root_dir {__file__}", f"default_root_dir {__file__}: allowed: a folder of this machine"),
    ("--model_registry mine", "model_registry mine: allowed: null"),
]
IN_LIGHTNINGS_WORDS = [  # and whole messages
    ("--strategy nonsense", "You selected an invalid strategy name: `strategy='nonsense'`. It must be"),
    ("--strategy xla", "trainer: Requirement 'torch_xla>=1.13' not met."),
    ("--accelerator gpu --devices 99", "No supported gpu backend found!|You requested gpu: "),
    ("--logger WandbLogger", "class 'lightning.pytorch.loggers.WandbLogger' needs another package; allowed: pip inst"),
    ("--logger [WandbLogger]", "class 'lightning.pytorch.loggers.WandbLogger' needs another package; allowed: pip in"),
    ("--logger Nonsense", "--trainer.logger: class 'Nonsense' is not known; allowed: a class of the zoo or a dotted"),
    ("--plugins Nonsense", "--trainer.plugins: class 'Nonsense' is not known; allowed: a class of the zoo or a dotted"),
    ("--fast_dev_run -1", "fast_dev_run=-1 is not a valid configuration. It should be >= 0."),
    ("--gradient_clip_algorithm mean", "`gradient_clip_algorithm` mean is invalid. Allowed algorithms: ['value', 'no"),
    ("--callbacks LastCheckpoint --enable_checkpointing false", "Trainer was configured with `enable_checkpointing="),
    ("--callbacks TQDMProgressBar --enable_progress_bar false", "Trainer was configured with `enable_progress_bar=F"),
]
HARMLESS = (  # in one training of two updates
    "--accelerator cpu --strategy auto --devices 1 --num_nodes 1 --precision bf16-mixed --max_steps 2 --min_steps 1 "
    "--limit_val_batches 1 --limit_test_batches 1 --limit_predict_batches 1 --overfit_batches 0 --val_check_interval 2 "
    "--num_sanity_val_steps 1 --log_every_n_steps 1 --enable_checkpointing true --enable_progress_bar true "
    "--enable_model_summary true --accumulate_grad_batches 2 --gradient_clip_val 0.5 --gradient_clip_algorithm value "
    "--deterministic warn --inference_mode false --use_distributed_sampler false --profiler simple "
    "--detect_anomaly true --barebones false --plugins LightningEnvironment --sync_batchnorm true "
    "--enable_autolog_hparams false --callbacks Throughput --fast_dev_run false"
)
EPOCHS = (  # four updates in two epochs
    "--max_steps -1 --max_epochs 2 --min_epochs 1 --limit_train_batches 2 --check_val_every_n_epoch 1 "
    "--reload_dataloaders_every_n_epochs 1 --benchmark true"
)


def options(text: str) -> list[str]:
    """Returns options of the trainer by their full names."""
    return [re.sub("^--", "--trainer.", word) for word in text.split()]


@pytest.mark.parametrize(
    ("given", "message"),
    [*((given, f"trainer.{message}") for given, message in REFUSED), *IN_LIGHTNINGS_WORDS],
    ids=lambda text: text[:30] if text.startswith("--") else "",
)
def test_an_option_without_a_meaning_is_refused_on_one_line_and_leaves_nothing(
    given: str, message: str, shards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = ["--trainer.default_root_dir", tmp_path / "run", "--data.train", shards]
    assert padzoo("fit", *preset("policy", "prefft"), *root, *options(given)) == 2
    line = capsys.readouterr().err.splitlines()[-1]
    assert line.startswith(tuple(f"padzoo: error: {allowed}" for allowed in message.split("|")))
    assert list(tmp_path.iterdir()) == []


def test_the_rest_of_the_options_works(shards: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    logger = {"class_path": "CSVLogger", "init_args": {"save_dir": str(tmp_path), "name": "", "version": ""}}
    data = ["--data.train", shards, "--data.val_fraction", 0.5]
    arguments = [*data, *options(HARMLESS), "--trainer.logger", json.dumps(logger)]
    assert fit("policy", "prefft", tmp_path, *arguments).exists()
    assert len(column(tmp_path, "train/loss")) == 2
    assert len(column(tmp_path, "val/loss")) == 2  # it is batches that are counted: two make an update
    assert "optimizer_step" in caplog.text  # of the profiler
    assert not (tmp_path / "hparams.yaml").exists()


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What each batch is measured for, in order: a sanity check, `val` or `test`."""
    batches: list[str] = []
    measure = BehaviorCloning._measure

    def counted(self: BehaviorCloning, stage: str, batch: dict[str, torch.Tensor]) -> None:
        batches.append("sanity" if self.trainer.sanity_checking else stage)
        measure(self, stage, batch)

    monkeypatch.setattr(BehaviorCloning, "_measure", counted)
    return batches


def test_all_batches_may_be_a_sanity_check_and_no_update_be_logged(
    shards: Path, tmp_path: Path, measured: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    data = ["--data.train", shards, "--data.val_fraction", 0.3]
    given = options("--num_sanity_val_steps -1 --val_check_interval 2 --log_every_n_steps 0 --profiler advanced")
    fit("policy", "prefft", tmp_path, *data, *logged(tmp_path), *given)
    assert measured.count("sanity") == measured.count("val") > 2
    assert (len(column(tmp_path, "val/loss")), column(tmp_path, "train/loss")) == (1, [])
    assert "Profile stats for: [LightningModule]BehaviorCloning.configure_optimizers" in caplog.text
    assert not list(tmp_path.rglob("*profile*"))


def test_validation_may_be_left_out_and_the_profile_go_to_the_runs_folder(
    shards: Path, tmp_path: Path, measured: list[str]
) -> None:
    given = options("--limit_val_batches 0 --profiler AdvancedProfiler --profiler.filename profile")
    fit("policy", "prefft", tmp_path, "--data.train", shards, "--data.val_fraction", 0.5, *logged(tmp_path), *given)
    assert measured == []
    assert len(column(tmp_path, "train/loss")) == 2
    assert "run_training_epoch" in (tmp_path / "fit-profile.txt").read_text()


def test_a_test_is_of_a_whole_number_of_batches(
    policy: Path, shards: Path, tmp_path: Path, measured: list[str]
) -> None:
    callback = json.dumps({"class_path": "ClosedLoop", "init_args": {"test_episodes": 1, "games": 1}})
    data = ["--data.train", shards, "--data.val_fraction", 0.5, "--game.args", '{"max_steps": 2}']
    root = ["--ckpt_path", policy, "--trainer.default_root_dir", tmp_path, "--trainer.callbacks+", callback]
    assert padzoo("test", *preset("policy", "prefft"), *data, *root, "--trainer.limit_test_batches", 2) == 0
    assert measured == ["test"] * 2
    assert "test/loss" in json.loads((tmp_path / "test.json").read_text())


@pytest.mark.parametrize(("given", "count"), [("3", 3), ("0.5", 12)])
def test_a_prediction_is_of_the_first_trajectories_or_of_a_part(
    policy: Path, shards: Path, tmp_path: Path, given: str, count: int
) -> None:
    root = ["--data.predict", shards, "--ckpt_path", policy, "--trainer.default_root_dir", tmp_path]
    assert padzoo("predict", *preset("policy", "prefft"), *root, "--trainer.limit_predict_batches", given) == 0
    found = sorted(path.stem for path in (tmp_path / "predictions").iterdir())
    assert found == list(ShardSet(shards).keys[:count])


def test_epochs_of_a_number_of_batches_continue_the_stream(shards: Path, tmp_path: Path) -> None:
    arguments = ["--data.train", shards, "--data.val_fraction", 0.5, "--model.trainable", "all"]
    whole = weights(fit("policy", "prefft", tmp_path / "whole", *arguments, "--trainer.max_steps", 4))
    found = weights(fit("policy", "prefft", tmp_path / "epochs", *arguments, *options(EPOCHS)))
    assert all(torch.equal(value, found[name]) for name, value in whole.items())


@pytest.mark.parametrize(
    "end",
    [
        "--max_time 00:00:00:01 --min_steps 3",
        "--callbacks EarlyStopping --callbacks.monitor train/loss --callbacks.patience 1 --callbacks.mode max "
        "--limit_train_batches 1 --check_val_every_n_epoch 1 --callbacks.check_on_train_epoch_end true --min_steps 3",
    ],
)
def test_a_training_may_end_otherwise_than_by_its_number_of_updates(shards: Path, tmp_path: Path, end: str) -> None:
    path = fit("policy", "prefft", tmp_path, "--data.train", shards, *options("--max_steps -1"), *options(end))
    assert torch.load(path, weights_only=True)["global_step"] >= 3


def test_paths_begin_at_home_wherever_they_are_given(
    shards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "set").symlink_to(shards)
    (tmp_path / "mine.yaml").write_text("data: {init_args: {train: ~/set}}\ntrainer: {default_root_dir: ~/run}\n")
    given = [*preset("policy", "prefft"), "--config", "~/mine.yaml"]
    for updates in (1, 2):
        resume = ["--ckpt_path", "last"] if updates > 1 else []
        assert padzoo("fit", *given, "--trainer.max_steps", updates, *resume) == 0
    assert torch.load(tmp_path / "run" / "checkpoints" / "last.ckpt", weights_only=True)["global_step"] == 2
    assert padzoo("verify", "~/set") == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.yaml", "run", "set"]


def test_a_default_log_that_is_asked_for_lies_where_it_does_by_default(shards: Path, tmp_path: Path) -> None:
    fit("policy", "prefft", tmp_path, "--data.train", shards, "--trainer.logger", "true")
    assert {path.name.split(".")[0] for path in tmp_path.iterdir()} == {"checkpoints", "config", "events", "hparams"}


def test_every_option_is_tried_here_and_documented() -> None:
    names = set(inspect.signature(Trainer).parameters)
    tried = " ".join([HARMLESS, EPOCHS, *(given for given, _ in REFUSED + IN_LIGHTNINGS_WORDS)])
    assert set(re.findall(r"--(\w+)", tried)) == names
    table = (CONFIGS.parent / "docs" / "scaling.md").read_text().partition("## The trainer's options")[2]
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", table, re.MULTILINE)
    assert sorted(re.findall(r"`(\w+)`", " ".join(rows))) == sorted(names)


def test_what_is_partly_frozen_or_plays_is_not_spread_over_devices() -> None:
    trainer = Mock(strategy=FSDPStrategy(), precision="bf16-mixed", callbacks=[])
    check_module(trainer, clones=True, learns_all=True)
    with pytest.raises(ValueError, match="strategy fsdp: allowed: with BehaviorCloning"):
        check_module(trainer, clones=True, learns_all=False)
    trainer.callbacks = [ClosedLoop()]
    with pytest.raises(ValueError, match="strategy fsdp: allowed: without ClosedLoop"):
        check_module(trainer, clones=True, learns_all=True)


@pytest.mark.parametrize("precision", ["bf16-true", "64-true"])
def test_what_is_not_cloned_is_not_rounded(precision: str) -> None:
    trainer = Mock(strategy=Mock(), precision=precision)
    check_module(trainer, clones=True, learns_all=False)
    with pytest.raises(ValueError, match=f"precision {precision}: allowed: with BehaviorCloning; else bf16-mixed"):
        check_module(trainer, clones=False, learns_all=False)
