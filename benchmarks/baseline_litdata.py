"""The litdata baseline of `reader.py`: the same encoded trajectories in litdata's own chunks."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from litdata import StreamingDataLoader, StreamingDataset, optimize

from padzoo.core import codec
from padzoo.datamodules.sets.shard_set import ShardSet

CONTEXT = 34  # a third of 100 steps, rounded up
WINDOWS = 3  # that a trajectory of 100 steps gives the reader


class Windows(StreamingDataset):  # type: ignore[misc]
    """Decodes a trajectory as three windows; gives them and the number of frames."""

    def __getitem__(self, index: Any) -> tuple[torch.Tensor, int]:
        sample = super().__getitem__(index)
        offsets = np.asarray(sample["offsets"])
        frames = np.zeros((WINDOWS, CONTEXT, 128, 128, 3), dtype=np.uint8)
        for row, steps in enumerate(np.array_split(np.arange(len(offsets) - 1), WINDOWS)):
            codec.decode_rows(sample["data"], offsets, steps.tolist(), frames[row])
        return torch.from_numpy(frames), len(offsets) - 1


def pack(row: int, folder: Path) -> dict[str, Any]:
    """Gives litdata one trajectory to store: the very bytes of its members."""
    record = ShardSet(folder).record(row)
    return {"data": record.data, "offsets": record.offsets.astype(np.int64), "actions": record.actions}


def count(scratch: Path, batch: int, workers: int) -> Iterator[int]:
    """Counts the frames of the batches that litdata's own loader gives."""
    data = Windows(str(scratch), shuffle=True)
    while True:
        for _, lengths in StreamingDataLoader(data, batch_size=round(batch / WINDOWS), num_workers=workers):
            yield int(lengths.sum())


def litdata_windows(folder: Path, scratch: Path, batch: int) -> dict[str, Iterator[int]]:
    """Stores the set as litdata does, and returns counts of the frames of batches, by how they are read."""
    rows = list(range(len(ShardSet(folder))))
    optimize(partial(pack, folder=folder), rows, str(scratch), chunk_bytes="16MB", num_workers=1)
    return {f"litdata, {workers} workers": count(scratch, batch, workers) for workers in (0, 2)}
