import signal
from pathlib import Path

import pytest
from lightning.pytorch import Callback, LightningModule
from lightning.pytorch.demos.boring_classes import BoringModel
from lightning.pytorch.utilities.exceptions import SIGTERMException

from padzoo.trainer import Trainer


class Warned(Callback):
    """Is a scheduler that warns while a training starts."""

    def on_sanity_check_start(self, trainer: Trainer, pl_module: LightningModule) -> None:  # type: ignore[override]
        """Sends the signal."""
        assert callable(signal.getsignal(signal.SIGUSR1))  # else it would end the tests
        signal.raise_signal(signal.SIGUSR1)


def test_sigusr1_before_the_first_update_ends_a_training_as_sigterm_does(tmp_path: Path) -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGUSR1)}
    quiet = {"logger": False, "enable_progress_bar": False, "enable_model_summary": False}
    trainer = Trainer(default_root_dir=tmp_path, accelerator="cpu", max_steps=9, callbacks=[Warned()], **quiet)
    with pytest.raises((SIGTERMException, SystemExit)):
        trainer.fit(BoringModel())
    assert trainer.global_step <= 1
    assert {number: signal.getsignal(number) for number in before} == before
