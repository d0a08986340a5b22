"""Checkpoints that appear whole or not at all."""

import io
from typing import Any

import torch
from lightning.fabric.plugins import TorchCheckpointIO

from padzoo.core.atomic import atomic


class CheckpointWriter(TorchCheckpointIO):
    """Writes a checkpoint beside its place and moves it there; Lightning's own goes through `TMPDIR`.

    That may be too small for it, or on another file system, from which nothing can be moved in one step.
    """

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any = None) -> None:
        """Writes a checkpoint.

        Args:
            checkpoint: What it holds.
            path: Its file; a URL is left to Lightning.
            storage_options: For URLs.
        """
        if "://" in str(path):
            super().save_checkpoint(checkpoint, path, storage_options)
            return
        buffer = io.BytesIO()  # a file that fills its disk would fail in PyTorch's writer, not as an OSError
        torch.save(checkpoint, buffer)
        with atomic(path) as file:
            file.write_bytes(buffer.getbuffer())
