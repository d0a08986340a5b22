"""A set of shards decoded once, into files that are mapped into memory."""

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray
from rich.progress import track

from padzoo.core.atomic import atomic
from padzoo.core.record import Record
from padzoo.datamodules.sets.manifest import Manifest

FRAMES: Final = "frames.npy"
ACTIONS: Final = "actions.npy"
TRAJECTORIES: Final = "trajectories.json"


@dataclass(frozen=True, eq=False)
class Clip:
    """One decoded trajectory.

    Args:
        key: Its name.
        frames: uint8 `(T, H, W, 3)`.
        actions: Gamepad actions, int8 `(T, 16)`.
    """

    key: str
    frames: NDArray[np.uint8]  # (T, H, W, 3)
    actions: NDArray[np.int8]  # (T, 16)

    def read_rows(self, rows: NDArray[np.int64], out: NDArray[np.uint8]) -> None:
        """Copies frames.

        Args:
            rows: Their numbers, `(n,)`.
            out: Written, uint8 `(n, H, W, 3)`.
        """
        np.take(self.frames, rows, axis=0, out=out, mode="clip")  # clip: `out` is written without a buffer between


class DecodedSet:
    """The frames and actions of a set, one trajectory after another: 12 KB a frame at 64 x 64, 49 KB at 128 x 128.

    Processes share the memory, and the system takes it back when it is needed elsewhere.

    Args:
        folder: Where it was decoded to.

    Attributes:
        folder: The same.
        spans: Where each trajectory's frames begin and end, by its key.
        actions: Gamepad actions, int8 `(N, 16)`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.spans: dict[str, tuple[int, int]] = json.loads((folder / TRAJECTORIES).read_text())
        self.actions: NDArray[np.int8] = np.load(folder / ACTIONS)

    @cached_property
    def frames(self) -> NDArray[np.uint8]:
        """The frames, uint8 `(N, H, W, 3)`."""
        frames: NDArray[np.uint8] = np.load(self.folder / FRAMES, mmap_mode="r")
        return frames

    def __reduce__(self) -> tuple[Any, ...]:
        return DecodedSet, (self.folder,)  # a worker maps the files itself; pickled, the frames would be copied

    def clips(self) -> Iterator[Clip]:
        """Yields the trajectories in the order of the set."""
        for key, (start, stop) in self.spans.items():
            yield Clip(key, self.frames[start:stop], self.actions[start:stop])

    @classmethod
    def of(cls, folder: Path, manifest: Manifest, records: Iterable[Record]) -> "DecodedSet":
        """Opens the decoded form of a set, and makes it first where it is not there yet.

        Args:
            folder: Where it is or will be.
            manifest: The set.
            records: Its trajectories; asked for only if there is no such folder.

        Raises:
            ValueError: If a trajectory is damaged, or the folder cannot be written.
        """
        if folder.is_dir():
            return cls(folder)  # also where nothing can be written
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(folder.with_name(f".{folder.name}.lock")):  # another training may be decoding the same set
                if not folder.is_dir():
                    with atomic(folder) as aside:
                        _decode(aside, manifest, records)
        except OSError as error:
            raise ValueError(f"{folder}: {error}; allowed: with data.cache_dir, a folder to write to") from None
        return cls(folder)


def _decode(folder: Path, manifest: Manifest, records: Iterable[Record]) -> None:
    folder.mkdir()
    shape = (manifest.frames, manifest.height, manifest.width, 3)
    frames = np.lib.format.open_memmap(folder / FRAMES, mode="w+", dtype=np.uint8, shape=shape)
    if hasattr(os, "posix_fallocate"):  # else a full disk ends the process with a bus error
        with (folder / FRAMES).open("r+b") as file:
            os.posix_fallocate(file.fileno(), 0, (folder / FRAMES).stat().st_size)
    spans: dict[str, tuple[int, int]] = {}
    actions: list[NDArray[np.int8]] = []
    stop = 0
    for record in track(records, "decoding once", total=manifest.samples, transient=True):
        start, stop = stop, stop + len(record)
        record.read_rows(np.arange(len(record)), frames[start:stop])
        spans[record.key] = (start, stop)
        actions.append(record.actions)
    np.save(folder / ACTIONS, np.concatenate(actions))
    (folder / TRAJECTORIES).write_text(json.dumps(spans))
