"""Clips as the page plays them: the stored frames of a trajectory, one JPEG image each."""

from collections import OrderedDict
from threading import Lock
from typing import Final

import numpy as np

from padzoo.datamodules.sets.shard_set import ShardSet

MEMORY: Final = 256 << 20  # bytes of clips that are kept


class Clips:
    """The clips of a set, by key, made when asked for and kept in memory.

    A clip is the number of its frames and the size of each, uint32 and little-endian, and then the frames: the very
    pixels that an agent sees, so that a page can show any frame of several clips at once.

    Args:
        trajectories: The set.
        memory: Bytes to keep at most; the last clip is kept however large it is.
    """

    def __init__(self, trajectories: ShardSet, memory: int = MEMORY) -> None:
        self._trajectories = trajectories
        self._memory = memory
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._lock = Lock()

    def __getitem__(self, key: str) -> bytes:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        clip = self._make(key)
        with self._lock:
            self._kept[key] = clip
            while len(self._kept) > 1 and sum(map(len, self._kept.values())) > self._memory:
                self._kept.popitem(last=False)
        return clip

    def _make(self, key: str) -> bytes:
        record = self._trajectories.record(self._trajectories.rows[key])
        sizes = np.diff(record.offsets.astype(np.int64))
        return np.array([len(record), *sizes], dtype="<u4").tobytes() + record.data
