"""Lightning's trainer on the command line."""

import signal
from typing import Any

import lightning.pytorch
from lightning.fabric.plugins.environments.slurm import SLURMEnvironment
from lightning.pytorch.trainer.connectors.signal_connector import _SignalConnector
from lightning.pytorch.trainer.states import TrainerFn

from padzoo.callbacks.last_checkpoint import take_for_sigterm


class Signals(_SignalConnector):
    """Ends a training at a signal between two updates, where other commands end at once."""

    def register_signal_handlers(self) -> None:
        """Takes the place of the command line's own handlers, which Lightning would call as well."""
        if self.trainer.state.fn != TrainerFn.FITTING:
            return
        connector = self.trainer._accelerator_connector
        environment = connector.cluster_environment
        if isinstance(environment, SLURMEnvironment) and environment is not connector._cluster_environment_flag:
            environment.auto_requeue = False  # found, not asked for: Lightning would train on after SIGUSR1
        numbers = [n for n in (signal.SIGTERM, signal.SIGUSR1, signal.SIGHUP) if signal.getsignal(n) != signal.SIG_IGN]
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, numbers)  # else one could come while it has no handler
        try:
            before = {number: signal.signal(number, signal.SIG_DFL) for number in numbers}
            super().register_signal_handlers()
            take_for_sigterm()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        self._original_handlers.update(before)  # type: ignore[arg-type]


class Trainer(lightning.pytorch.Trainer):
    """Lightning's trainer, whose limits are numbers of batches before they are parts of the data.

    Lightning's own annotations leave that to the module that was the first to write `Union` of the same two types, in
    either order: Python keeps one of them for both. Then 1 may be read as 1.0, which is all of the data.

    Args:
        limit_train_batches: Batches that make an epoch; None for an epoch without end.
        limit_val_batches: Batches of a validation; None for all.
        limit_test_batches: Batches of a test; None for all.
        limit_predict_batches: Trajectories to predict for, or the part of them; None for all.
        overfit_batches: 0.
        gradient_clip_val: Largest norm or value of the gradients; None or 0 for any.
        arguments: Those of `lightning.pytorch.Trainer`.
    """

    def __init__(
        self,
        *,
        limit_train_batches: int | float | None = None,
        limit_val_batches: int | float | None = None,
        limit_test_batches: int | float | None = None,
        limit_predict_batches: int | float | None = None,
        overfit_batches: int | float = 0,
        gradient_clip_val: int | float | None = None,
        **arguments: Any,
    ) -> None:
        super().__init__(
            limit_train_batches=limit_train_batches,
            limit_val_batches=limit_val_batches,
            limit_test_batches=limit_test_batches,
            limit_predict_batches=limit_predict_batches,
            overfit_batches=overfit_batches,
            gradient_clip_val=gradient_clip_val,
            **arguments,
        )
        self._signal_connector = Signals(self)

    def _teardown(self) -> None:
        """Ends the loops. One that failed before its first batch has nothing to end, and would hide why."""
        try:
            super()._teardown()
        except RuntimeError as error:
            if "iter(combined_loader)" not in str(error):
                raise
