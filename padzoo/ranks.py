"""The ranks that the first one of a training starts on its machine."""

import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from lightning.pytorch import Trainer
from lightning.pytorch.strategies.launchers import _SubprocessScriptLauncher


@contextmanager
def ranks_of(trainer: Trainer) -> Iterator[None]:
    """Gives the ranks that are started meanwhile a TMPDIR of their own; at the end they have ended, and it is gone.

    Args:
        trainer: The trainer, before it starts them.
    """
    launcher = trainer.strategy.launcher
    if not isinstance(launcher, _SubprocessScriptLauncher):
        yield
        return
    before = os.environ.get("TMPDIR")
    with tempfile.TemporaryDirectory(prefix="pz", ignore_cleanup_errors=True) as folder:  # a socket's path is short
        os.environ["TMPDIR"] = folder
        try:
            yield
        except BaseException as error:
            if not isinstance(error, SystemExit):  # at a signal all stop at the same update
                launcher.kill(signal.SIGKILL)  # else they wait for this one, which will not come
            raise
        finally:
            for rank in launcher.procs:
                rank.wait()
            os.environ.pop("TMPDIR")
            os.environ |= {} if before is None else {"TMPDIR": before}
