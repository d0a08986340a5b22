"""A set of shards decoded once, into files that are mapped into memory."""

import json
import shutil
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray
from rich.progress import track

from padzoo.core.cache_folder import cache_folder
from padzoo.core.record import Record
from padzoo.datamodules.sets.manifest import Manifest
from padzoo.datamodules.sets.shard_reader import ShardReader

FRAMES: Final = "frames.npy"
ACTIONS: Final = "actions.npy"
TRAJECTORIES: Final = "trajectories.json"


class DecodedSet:
    """The frames and actions of a set, one trajectory after another: 12 KB a frame at 64 x 64, 49 KB at 128 x 128.

    Processes share the memory, and the system gives it back when it is needed elsewhere.

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

    @classmethod
    def of(cls, manifest: Manifest, parent: str | None = None, skip_damaged: bool = False) -> "DecodedSet":
        """Opens the decoded form of a set, and makes it first where it is not there yet.

        Args:
            manifest: The set.
            parent: Folder that holds or will hold it; None for the set's own, the user's cache folder for a remote set.
            skip_damaged: Leave damaged trajectories out, with a warning, rather than stop.

        Raises:
            ValueError: If a trajectory is damaged.
        """
        local = manifest.folder if isinstance(manifest.folder, Path) else cache_folder()
        name = f"decoded-{manifest.fingerprint[:16]}{'-skip' if skip_damaged else ''}"
        folder = (Path(parent) if parent else Path(local)) / name
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(folder.with_name(f".{name}.lock")):  # another training may be decoding the same set
                if not folder.is_dir():
                    _decode(folder, manifest, skip_damaged)
        except OSError as error:
            raise ValueError(f"{folder}: {error}; allowed: with data.cache_dir, a folder to write to") from None
        return cls(folder)


def _decode(folder: Path, manifest: Manifest, skip_damaged: bool) -> None:
    aside = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(aside, ignore_errors=True)  # what a killed process left
    aside.mkdir()
    try:
        shape = (manifest.frames, manifest.height, manifest.width, 3)
        frames = np.lib.format.open_memmap(aside / FRAMES, mode="w+", dtype=np.uint8, shape=shape)
        spans: dict[str, tuple[int, int]] = {}
        actions: list[NDArray[np.int8]] = []
        stop = 0
        samples = ShardReader(manifest, skip_damaged).samples(manifest.paths)
        for sample in track(samples, "decoding once", total=manifest.samples, transient=True):
            record = Record.from_members(sample["__key__"], sample, sample["__url__"])
            start, stop = stop, stop + len(record)
            record.read_rows(np.arange(len(record)), frames[start:stop])
            spans[record.key] = (start, stop)
            actions.append(record.actions)
        np.save(aside / ACTIONS, np.concatenate(actions))
        (aside / TRAJECTORIES).write_text(json.dumps(spans))
        aside.replace(folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
