import signal
from pathlib import Path

import pytest
from lightning.pytorch import Callback, LightningModule
from lightning.pytorch.demos.boring_classes import BoringModel
from lightning.pytorch.trainer.states import TrainerFn
from lightning.pytorch.utilities.exceptions import SIGTERMException

from padzoo.trainer import Trainer


class Warned(Callback):
    """Is a scheduler that warns while a training starts, or a terminal that is closed."""

    def __init__(self, number: signal.Signals) -> None:
        self.number = number

    def on_sanity_check_start(self, trainer: Trainer, pl_module: LightningModule) -> None:  # type: ignore[override]
        """Sends the signal."""
        assert callable(signal.getsignal(self.number))  # else it would end the tests
        signal.raise_signal(self.number)


@pytest.mark.parametrize("number", [signal.SIGUSR1, signal.SIGHUP], ids=str)
@pytest.mark.parametrize("slurm", [False, True])
def test_a_signal_before_the_first_update_ends_a_training_as_sigterm_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals, slurm: bool
) -> None:
    if slurm:  # Lightning finds it, and would answer SIGUSR1 by `scontrol requeue`
        for name, value in {"SLURM_NTASKS": "1", "SLURM_JOB_ID": "1", "SLURM_JOB_NAME": "train"}.items():
            monkeypatch.setenv(name, value)
    before = {each: signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGUSR1, signal.SIGHUP)}
    quiet = {"logger": False, "enable_progress_bar": False, "enable_model_summary": False}
    trainer = Trainer(default_root_dir=tmp_path, accelerator="cpu", max_steps=9, callbacks=[Warned(number)], **quiet)
    with pytest.raises((SIGTERMException, SystemExit)):
        trainer.fit(BoringModel())
    assert trainer.global_step <= 1
    assert {each: signal.getsignal(each) for each in before} == before
    assert not list(tmp_path.glob("hpc*"))


@pytest.mark.parametrize("fn", [TrainerFn.TESTING, TrainerFn.VALIDATING, TrainerFn.PREDICTING])
def test_what_is_no_training_leaves_signals_to_the_command_line(tmp_path: Path, fn: TrainerFn) -> None:
    before = {each: signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGUSR1, signal.SIGHUP)}
    trainer = Trainer(default_root_dir=tmp_path, accelerator="cpu", logger=False)
    trainer.state.fn = fn
    trainer._signal_connector.register_signal_handlers()
    assert {each: signal.getsignal(each) for each in before} == before


def test_a_signal_that_is_ignored_stays_so(tmp_path: Path) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as `nohup` has it
    try:
        trainer = Trainer(default_root_dir=tmp_path, accelerator="cpu", logger=False)
        trainer.state.fn = TrainerFn.FITTING
        trainer._signal_connector.register_signal_handlers()
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
        trainer._signal_connector.teardown()
    finally:
        signal.signal(signal.SIGHUP, before)
