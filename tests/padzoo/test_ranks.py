"""The ranks that the first one starts."""

import subprocess
import sys

import pytest
from lightning.pytorch import Trainer
from lightning.pytorch.utilities.exceptions import SIGTERMException

from padzoo import ranks
from padzoo.ranks import ranks_of


def trainer_with(code: str) -> tuple[Trainer, "subprocess.Popen[bytes]"]:
    """Returns a trainer whose second rank runs a program."""
    trainer = Trainer(strategy="ddp", accelerator="cpu", devices=2, logger=False, enable_progress_bar=False)
    rank = subprocess.Popen([sys.executable, "-c", code])
    trainer.strategy.launcher.procs = [rank]  # type: ignore[union-attr]
    return trainer, rank


def test_the_first_rank_waits_for_the_others() -> None:
    trainer, rank = trainer_with("import time; time.sleep(0.2)")
    with ranks_of(trainer):
        pass
    assert rank.returncode == 0


@pytest.mark.parametrize("error", [SIGTERMException, KeyboardInterrupt, ValueError])
def test_it_waits_for_them_after_a_signal_and_an_error_too(error: type[BaseException]) -> None:
    trainer, rank = trainer_with("import time; time.sleep(0.2); raise SystemExit(2)")
    with pytest.raises(error), ranks_of(trainer):
        raise error
    assert rank.returncode == 2


def test_after_an_error_it_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranks, "ENDS_IN", 0.1)
    trainer, rank = trainer_with("import time; time.sleep(60)")
    with pytest.raises(ValueError, match="wrong"), ranks_of(trainer):
        raise ValueError("wrong")
    assert rank.returncode is None
    rank.kill()
    rank.wait()
