"""The ranks that the first one starts."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from lightning.pytorch import Trainer

from padzoo.ranks import ranks_of

WAITS = "import tempfile, time; print(tempfile.mkdtemp(), flush=True); time.sleep(60)"


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_after_an_error_the_ranks_and_what_they_left_are_gone(error: type[BaseException]) -> None:
    trainer = Trainer(strategy="ddp", accelerator="cpu", devices=2, logger=False, enable_progress_bar=False)
    launcher = trainer.strategy.launcher
    with pytest.raises(error), ranks_of(trainer):  # noqa: PT012 - the process starts and fails within
        rank = subprocess.Popen([sys.executable, "-c", WAITS], stdout=subprocess.PIPE, text=True)
        launcher.procs = [rank]  # type: ignore[union-attr]
        assert rank.stdout is not None
        with rank.stdout:
            left = Path(rank.stdout.readline().strip())
        assert left.parent == Path(os.environ["TMPDIR"])
        raise error
    assert rank.poll() is not None
    assert not left.parent.exists()
    assert os.environ.get("TMPDIR", tempfile.gettempdir()) == tempfile.gettempdir()


def test_ranks_end_by_themselves_unless_there_is_an_error() -> None:
    trainer = Trainer(strategy="ddp", accelerator="cpu", devices=2, logger=False, enable_progress_bar=False)
    with ranks_of(trainer):
        rank = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(0.2)"])
        trainer.strategy.launcher.procs = [rank]  # type: ignore[union-attr]
    assert rank.returncode == 0
