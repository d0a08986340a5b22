"""Trainings that are killed, in processes of their own, and go on."""

import csv
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from lightning.pytorch import Callback, Trainer
from micro import checkpoint, fit, logged, padzoo, preset, weights

UPDATES = 14


def command(shards: Path, root: Path, table: Path, ranks: int, workers: int, *more: object) -> list[str]:
    """A training that reads its shards, laps of about 12 batches, and writes a checkpoint after every update."""
    strategy = ["--trainer.strategy", "ddp"] if ranks > 1 else []
    arguments = [
        *("fit", *preset("policy", "prefft"), "--data.train", shards, "--data.context", 16, "--data.batch_size", 2),
        *(
            "--model.trainable",
            "all",
            "--model.lr",
            1e-3,
            "--model.context",
            16,
            "--data.cache",
            "false",
            "--data.augment",
            "true",
        ),
        *("--data.workers", workers, "--trainer.devices", ranks, *strategy, "--trainer.max_steps", UPDATES),
        *("--trainer.callbacks", "LastCheckpoint", "--trainer.callbacks.minutes", 0),
        *("--trainer.default_root_dir", root, *logged(table), "--trainer.logger.init_args.flush_logs_every_n_steps", 1),
        *more,
    ]
    return [sys.executable, "-m", "padzoo", *map(str, arguments)]


def losses(table: Path) -> dict[int, str]:
    """The losses by update, as they were written."""
    with (table / "metrics.csv").open() as file:
        return {int(row["step"]): row["train/loss"] for row in csv.DictReader(file) if row.get("train/loss")}


def kill_after(process: subprocess.Popen[bytes], table: Path, updates: int) -> None:
    """Waits until so many updates are written down, then kills the training and all that it started."""
    deadline = time.monotonic() + 120
    while not (table / "metrics.csv").exists() or len(losses(table)) < updates:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@pytest.mark.parametrize(
    ("ranks", "workers"),
    [pytest.param(1, 0, marks=pytest.mark.slow), pytest.param(1, 2, marks=pytest.mark.slow), (2, 1)],
)
def test_a_killed_training_goes_on_bit_for_bit(shards: Path, tmp_path: Path, ranks: int, workers: int) -> None:
    whole, cut, after = (tmp_path / name for name in ("whole", "cut", "after"))
    subprocess.run(command(shards, whole, whole, ranks, workers), check=True, capture_output=True)
    killed = subprocess.Popen(
        command(shards, cut, cut, ranks, workers),
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    kill_after(killed, cut, random.SystemRandom().randint(2, UPDATES - 3))
    reached = checkpoint(cut / "checkpoints" / "last.ckpt")["global_step"]
    assert 1 <= reached < UPDATES
    again = command(shards, cut, after, ranks, workers, "--ckpt_path", "last")
    subprocess.run(again, check=True, capture_output=True)
    expected = losses(whole)
    assert sorted(expected) == list(range(UPDATES))
    assert losses(after) == {step: loss for step, loss in expected.items() if step >= reached}
    one, other = (checkpoint(root / "checkpoints" / "last.ckpt")["state_dict"] for root in (whole, cut))
    assert all(torch.equal(value, other[name]) for name, value in one.items())


@pytest.mark.parametrize(
    ("ranks", "workers", "number"),
    [
        pytest.param(1, 0, signal.SIGTERM, marks=pytest.mark.slow),
        pytest.param(1, 2, signal.SIGTERM, marks=pytest.mark.slow),
        (1, 2, signal.SIGINT),
        pytest.param(1, 2, signal.SIGUSR1, marks=pytest.mark.slow),
        (2, 1, signal.SIGTERM),
    ],
    ids=str,
)
def test_a_training_that_is_asked_to_stop_leaves_its_last_update(
    shards: Path, tmp_path: Path, ranks: int, workers: int, number: signal.Signals
) -> None:
    arguments = command(shards, tmp_path, tmp_path, ranks, workers, "--trainer.max_steps", 10_000)
    arguments += ["--trainer.callbacks.minutes", "60"]
    process = subprocess.Popen(arguments, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not (tmp_path / "metrics.csv").exists() or len(losses(tmp_path)) < 3:
        assert process.poll() is None
        time.sleep(0.01)
    os.killpg(process.pid, number)  # its workers too, as a terminal or a batch system does
    assert process.wait(60) == 128 + (number if number == signal.SIGINT else signal.SIGTERM)
    last = checkpoint(tmp_path / "checkpoints" / "last.ckpt")["global_step"]
    assert last >= 3
    assert max(losses(tmp_path)) == last - 1


def test_a_reader_that_is_killed_ends_the_training_and_what_was_learnt_is_kept(shards: Path, tmp_path: Path) -> None:
    arguments = command(shards, tmp_path, tmp_path, 1, 2, "--trainer.max_steps", 10_000)
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    while not (tmp_path / "metrics.csv").exists() or len(losses(tmp_path)) < 3:
        assert process.poll() is None
        time.sleep(0.01)
    _, reader = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    os.kill(int(reader), signal.SIGKILL)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 2
    assert errors.splitlines()[-1].startswith("padzoo: error: a reader of the data is gone; --ckpt_path last resumes")
    assert checkpoint(tmp_path / "checkpoints" / "last.ckpt")["global_step"] >= 3


def test_an_error_in_the_middle_of_a_training_ends_the_process(shards: Path, tmp_path: Path) -> None:
    stopping = json.dumps({"class_path": "EarlyStopping", "init_args": {"monitor": "no_such_metric"}})
    options = ["--trainer.callbacks+", stopping, "--data.cache", "false", "--data.workers", 2]
    root = ["--data.train", shards, "--trainer.default_root_dir", tmp_path]
    command = [sys.executable, "-m", "padzoo", "fit", *map(str, [*preset("policy", "base"), *root, *options])]
    found = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)  # it hung for ever
    assert found.returncode == 2
    line = found.stderr.splitlines()[-1]
    assert line.startswith("padzoo: error: Early stopping conditioned on metric `no_such_metric` which is not")
    assert checkpoint(tmp_path / "checkpoints" / "last.ckpt")["global_step"] == 2


def test_going_on_without_a_checkpoint_is_an_error(
    shards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--data.train", shards, "--trainer.default_root_dir", tmp_path, "--ckpt_path", "last"]
    assert padzoo("fit", *preset("policy", "prefft"), *options) == 2
    error = capsys.readouterr().err
    assert f"ckpt_path last: there is no {tmp_path}/checkpoints/last.ckpt" in error
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "value", "before"),
    [("batch_size", 2, 4), ("seed", 1, 0), ("workers", 1, 0), ("val_fraction", 0.3, 0.5), ("augment", False, True)],
)
def test_going_on_with_other_data_is_refused(
    policy: Path,
    shards: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    value: float,
    before: float,
) -> None:
    options = ["--data.train", shards, "--trainer.default_root_dir", tmp_path, "--ckpt_path", tmp_path / "a.ckpt"]
    (tmp_path / "a.ckpt").write_bytes(policy.read_bytes())
    assert padzoo("fit", *preset("policy", "base"), *options, f"--data.{name}", value) == 2
    assert f"the training read with data.{name} {before}, now {value}: samples would" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["a.ckpt"]  # not even an empty log


@pytest.fixture(scope="module")
def trained(shards: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a training of two updates."""
    root = tmp_path_factory.mktemp("trained")
    fit("policy", "prefft", root, "--data.train", shards, "--model.trainable", "all")
    return root


def more(root: Path, shards: Path, *options: object) -> int:
    """Resumes a training for one more update."""
    arguments = ["--data.train", shards, "--model.trainable", "all", "--trainer.default_root_dir", root]
    arguments += ["--ckpt_path", "last", "--trainer.max_steps", 3, *options]
    return padzoo("fit", *preset("policy", "prefft"), *arguments)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("model.lr", 1e30),
        ("model.weight_decay", 0.5),
        ("model.warmup_steps", 7),
        ("model.decay", "true"),
        ("model.trainable", "head"),
        ("seed_everything", 7),
    ],
)
def test_resuming_with_other_settings_is_refused_and_changes_nothing(
    trained: Path, shards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, value: object
) -> None:
    root = Path(shutil.copytree(trained, tmp_path / "run"))
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    assert more(root, shards, f"--{name}", value) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"padzoo: error: ckpt_path: the training has {name} ")
    assert f", now {str(value).capitalize() if value == 'true' else value}; allowed: {name} " in line
    assert {path: path.read_bytes() for path in root.rglob("*") if path.is_file()} == before


def test_resuming_with_other_settings_of_an_aligner_is_refused(
    policy: Path, reward: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--model.policy", policy, "--model.reward", reward, "--game.args", '{"max_steps": 4}']
    path = fit("reinforce", "aligned", tmp_path, *options, "--trainer.max_steps", 1)
    resume = ["--ckpt_path", path, "--trainer.default_root_dir", tmp_path, "--trainer.max_steps", 2]
    for changed in (
        ["--model.kl_weight", 0.5],
        ["--model.baseline", "leave_one_out"],
        ["--model.temperature", 2.0],
        ["--game.args", '{"max_steps": 5}'],
    ):
        assert padzoo("fit", *preset("reinforce", "aligned"), *options, *resume, *changed) == 2
        assert "ckpt_path: the training has model." in capsys.readouterr().err
    assert fit("reinforce", "aligned", tmp_path, *options, *resume, "--model.games", 1) == path


def test_settings_of_the_trainer_may_change_and_take_effect(trained: Path, shards: Path, tmp_path: Path) -> None:
    changes: list[list[object]] = [
        [],
        ["--trainer.gradient_clip_val", 1e-9],
        ["--trainer.accumulate_grad_batches", 2],
        ["--trainer.precision", "bf16-mixed"],
    ]
    found = []
    for number, changed in enumerate(changes):
        root = Path(shutil.copytree(trained, tmp_path / str(number)))
        assert more(root, shards, *changed) == 0
        assert checkpoint(root / "checkpoints" / "last.ckpt")["global_step"] == 3
        found.append(torch.cat([value.flatten() for value in weights(root / "checkpoints" / "last.ckpt").values()]))
    assert not any(torch.equal(found[0], other) for other in found[1:])


class EveryBatch(Callback):
    """Writes a checkpoint after every batch, in the middle of an update too."""

    def on_train_batch_end(self, trainer: Trainer, *_: object) -> None:
        read = trainer.fit_loop.epoch_loop.batch_progress.total.processed
        trainer.save_checkpoint(Path(trainer.default_root_dir) / f"{read}.ckpt")


@pytest.mark.parametrize("epochs", [[], ["--trainer.limit_train_batches", 3, "--trainer.max_epochs", 9]], ids=len)
def test_a_training_resumes_exactly_from_the_middle_of_an_update_or_of_an_epoch(
    shards: Path, tmp_path: Path, epochs: list[object]
) -> None:
    options = ["--data.train", shards, "--trainer.accumulate_grad_batches", 2, "--trainer.max_steps", 4, *epochs]
    every = ["--trainer.callbacks", f"{__name__}.EveryBatch"]
    expected = weights(fit("policy", "prefft", tmp_path / "whole", *options, *every))
    for read in (1, 3, 4):
        start = ["--ckpt_path", tmp_path / "whole" / f"{read}.ckpt"]
        found = weights(fit("policy", "prefft", tmp_path / str(read), *options, *start))
        assert all(torch.equal(value, found[name]) for name, value in expected.items())


def test_going_on_from_other_weights_is_refused(
    policy: Path, shards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.ckpt").write_bytes(policy.read_bytes())
    options = ["--data.train", shards, "--trainer.default_root_dir", tmp_path, "--ckpt_path", tmp_path / "a.ckpt"]
    assert padzoo("fit", *preset("policy", "base"), *options, "--model.init_from", policy) == 2
    assert "ckpt_path: its training started from {}; this one from {'init_from': '" in capsys.readouterr().err
