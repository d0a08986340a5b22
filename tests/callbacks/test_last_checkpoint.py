from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from lightning.pytorch import LightningModule, Trainer
from micro import checkpoint, fit

from padzoo.callbacks import LastCheckpoint


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
        training=True, global_step=updates, default_root_dir=tmp_path, save_checkpoint=saved.append
    )
    LastCheckpoint().on_exception(cast(Trainer, trainer), LightningModule(), KeyboardInterrupt())
    assert saved == [LastCheckpoint.path(tmp_path)] * kept


def test_a_negative_interval_is_refused() -> None:
    with pytest.raises(ValueError, match=r"minutes -1: allowed: 0 or more"):
        LastCheckpoint(-1)
