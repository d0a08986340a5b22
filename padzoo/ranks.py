"""The ranks that the first one of a training starts on its machine."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from lightning.pytorch import Trainer
from lightning.pytorch.strategies.launchers import _SubprocessScriptLauncher
from lightning.pytorch.utilities.exceptions import SIGTERMException
from torch import distributed

ENDS_IN: Final = 5.0  # seconds; a rank that takes longer after an error is ended with this one


@contextmanager
def ranks_of(trainer: Trainer) -> Iterator[None]:
    """Waits at the end for the ranks that were started; after an error it leaves them, so that they fail and tidy up.

    Args:
        trainer: The trainer that starts them.
    """
    launcher, failed = trainer.strategy.launcher, False
    if isinstance(launcher, _SubprocessScriptLauncher):
        launcher.kill = lambda signum: None  # type: ignore[method-assign] # at Ctrl-C, before they can tidy up
    try:
        yield
    except BaseException as error:
        failed = not isinstance(error, SIGTERMException)  # at which all stop at the same update
        if distributed.is_initialized():
            distributed.destroy_process_group()
        raise
    finally:
        procs: list[subprocess.Popen[bytes]] = getattr(launcher, "procs", [])
        ranks = procs[:]
        if failed:
            procs.clear()  # else Lightning's observer ends this rank when it sees another one fail
        for rank in ranks:
            with suppress(subprocess.TimeoutExpired):
                rank.wait(ENDS_IN if failed else None)
