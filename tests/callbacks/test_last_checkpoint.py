import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from lightning.fabric.plugins import TorchCheckpointIO
from lightning.pytorch import LightningModule, Trainer
from micro import checkpoint, fit, padzoo, preset
from mounts import mounted

from padzoo.callbacks import LastCheckpoint
from padzoo.callbacks.checkpoint_writer import CheckpointWriter

RUN = "from padzoo.cli import main; raise SystemExit(main())"


def test_it_is_there_when_training_ends(policy: Path) -> None:
    assert LastCheckpoint.path(policy.parents[1]) == policy
    assert checkpoint(policy)["global_step"] == 2


def test_it_comes_on_a_timer(shards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[int] = []
    original = Trainer.save_checkpoint

    def save(trainer: Trainer, path: Path) -> None:
        steps.append(trainer.global_step)
        original(trainer, path)

    monkeypatch.setattr(Trainer, "save_checkpoint", save)
    options = ["--trainer.callbacks", "LastCheckpoint", "--trainer.callbacks.minutes", 0]
    path = fit("policy", "prefft", tmp_path, "--data.train", shards, *options, "--trainer.max_steps", 3)
    assert steps == [1, 2, 3]  # the end of training has nothing new
    assert checkpoint(path)["global_step"] == 3


@pytest.mark.parametrize(("updates", "kept"), [(0, False), (3, True)])
def test_ctrl_c_keeps_what_was_trained(tmp_path: Path, updates: int, kept: bool) -> None:
    saved: list[Path] = []
    trainer = SimpleNamespace(
        training=True,
        world_size=1,
        global_step=updates,
        default_root_dir=tmp_path,
        save_checkpoint=saved.append,
        lightning_module=LightningModule(),
    )
    LastCheckpoint().on_exception(cast(Trainer, trainer), LightningModule(), KeyboardInterrupt())
    assert saved == [LastCheckpoint.path(tmp_path)] * kept


def test_an_error_between_updates_keeps_what_was_trained(shards: Path, tmp_path: Path) -> None:
    stopping = json.dumps({"class_path": "EarlyStopping", "init_args": {"monitor": "no_such_metric"}})
    root = ["--data.train", shards, "--trainer.default_root_dir", tmp_path, "--trainer.callbacks+", stopping]
    assert padzoo("fit", *preset("policy", "base"), *root) == 2
    assert checkpoint(LastCheckpoint.path(tmp_path))["global_step"] == 2


def test_weights_that_are_not_finite_never_replace_a_checkpoint(
    policy: Path, shards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = policy.read_bytes()
    last = LastCheckpoint.path(tmp_path)
    last.parent.mkdir()
    last.write_bytes(before)
    wild = ["--model.lr", 1e30, "--model.warmup_steps", 0, "--trainer.max_steps", 10, "--model.init_from", policy]
    root = ["--data.train", shards, "--trainer.default_root_dir", tmp_path, "--trainer.gradient_clip_val", "null"]
    assert padzoo("fit", *preset("policy", "base"), *root, *wild) == 2
    message = capsys.readouterr().err.strip().splitlines()[-1]
    assert re.search(r"update \d+: .* finite|update \d+: the loss is (nan|inf)", message), message
    assert "allowed: a lower model.lr" in message
    assert last.read_bytes() == before


def test_a_negative_interval_is_refused() -> None:
    with pytest.raises(ValueError, match=r"minutes -1: allowed: 0 or more"):
        LastCheckpoint(-1)


def test_a_checkpoint_needs_room_in_its_own_folder_only(shards: Path, tmp_path: Path) -> None:
    scratch, root = tmp_path / "scratch", tmp_path / "root"
    scratch.mkdir()
    command = ["fit", *preset("policy", "base"), "--data.train", shards, "--trainer.default_root_dir", root]
    command += ["--trainer.limit_val_batches", 0]
    set_it = f"export TMPDIR={scratch}"
    done = mounted({scratch: "size=1m"}, "-c", RUN, *command, before=set_it)
    assert done.returncode == 0, done.stderr
    assert checkpoint(LastCheckpoint.path(root))["global_step"] == 2
    assert [path.name for path in LastCheckpoint.path(root).parent.iterdir()] == ["last.ckpt"]


def test_a_full_disk_leaves_the_checkpoint_of_before(shards: Path, tmp_path: Path) -> None:
    last = LastCheckpoint.path(tmp_path)
    last.parent.mkdir()
    command = ["fit", *preset("policy", "base"), "--data.train", shards, "--trainer.default_root_dir", tmp_path]
    command += ["--trainer.limit_val_batches", 0]
    before, after = f"mkdir -p {last.parent}; echo before > {last}", f"echo; cat {last}; ls -A {last.parent}"
    done = mounted({last.parent: "size=1m"}, "-c", RUN, *command, before=before, after=after)
    assert done.returncode == 2
    assert "No space left on device" in done.stderr.splitlines()[-1]
    assert done.stdout.splitlines()[-2:] == ["before", "last.ckpt"]


def test_a_plugin_of_ones_own_writes_the_checkpoints(tmp_path: Path) -> None:
    class Own(TorchCheckpointIO):
        pass

    for plugins, expected in (([], CheckpointWriter), ([Own()], Own)):
        trainer = Trainer(accelerator="cpu", logger=False, default_root_dir=tmp_path, plugins=plugins)
        LastCheckpoint().setup(trainer, LightningModule(), "fit")
        assert type(trainer.strategy.checkpoint_io) is expected
