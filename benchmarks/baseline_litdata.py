"""The litdata baseline of `reader.py`: the same encoded trajectories in litdata's own chunks."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from datamodules import codec
from datamodules.archive import Archive


def pack(row: int, folder: Path) -> dict[str, Any]:
    """Gives litdata one trajectory to store: the very bytes of its members."""
    record = Archive(folder).record(row)
    return {"data": record.data, "offsets": record.offsets.astype(np.int64), "actions": record.actions}


def litdata_windows(folder: Path, scratch: Path, batch: int, context: int) -> dict[str, Iterator[int]]:
    """Returns counts of the frames of batches, by how they are read; nothing where litdata is not installed."""
    try:
        from litdata import StreamingDataLoader, StreamingDataset, optimize
    except ModuleNotFoundError:
        print("litdata is not installed: not compared")
        return {}

    class Windows(StreamingDataset):  # type: ignore[misc]
        """Decodes a trajectory as three windows, which is what a trajectory of 100 steps gives the reader."""

        def __getitem__(self, index: Any) -> tuple[torch.Tensor, int]:
            sample = super().__getitem__(index)
            offsets = np.asarray(sample["offsets"])
            frames = np.zeros((3, context + 2, 128, 128, 3), dtype=np.uint8)
            for row, steps in enumerate(np.array_split(np.arange(len(offsets) - 1), 3)):
                codec.decode_rows(sample["data"], offsets, steps.tolist(), frames[row])
            return torch.from_numpy(frames), len(offsets) - 1

    def count(workers: int) -> Iterator[int]:
        data = Windows(str(scratch), shuffle=True)
        while True:
            for _, lengths in StreamingDataLoader(data, batch_size=round(batch / 3), num_workers=workers):
                yield int(lengths.sum())

    optimize(
        partial(pack, folder=folder),
        list(range(len(Archive(folder)))),
        str(scratch),
        chunk_bytes="16MB",
        num_workers=1,
    )
    return {f"litdata, {workers} workers": count(workers) for workers in (0, 2)}
