"""Reading human play of the paper's own game: the public sample of Bleeding Edge."""

import re
import tokenize
import zipfile
import zlib
from collections.abc import Collection
from pathlib import Path
from typing import Final

import numpy as np

from padzoo.core.trajectory import Trajectory
from padzoo.datamodules.importers.gamepad_actions import Sticks, gamepad_actions
from padzoo.envs.area import AreaReduction, check_size

DAMAGE: Final = (  # what reading a damaged file ends in
    *(ValueError, KeyError, EOFError, OSError, SyntaxError, NotImplementedError, RuntimeError, OverflowError),
    *(zipfile.BadZipFile, zlib.error, tokenize.TokenError),
)


class BleedingEdge:
    """A folder of `.npz` files as `microsoft/bleeding-edge-gameplay-sample` has them, one clip of about 60 s each.

    A file holds `images`, uint8 `(T, 180, 300, 3)` or `(T, 3, 180, 300)`, and `actions`, float `(T, 16)` in the order
    of our own gamepad; its `states` are left out. Files are read one at a time, and nothing in them is unpickled.

    Args:
        folder: Where the files are, in folders or not.
        size: Height and width of the frames to make, in pixels; pictures are reduced by area.
        sticks: What a stick's number is: a bucket, 0 to 10, as in the public sample; its deflection, -1 to 1; or
            that, -32768 to 32767.

    Raises:
        ValueError: If there is no such folder, no file in it, or two files whose trajectories would have one key.
    """

    def __init__(self, folder: str | Path, size: int = 128, sticks: Sticks = "buckets") -> None:
        self.folder = Path(folder)
        self._size = check_size(size)
        self._sticks: Sticks = sticks
        self._paths: dict[str, Path] = {}
        for path in sorted(self.folder.rglob("*.npz")):
            name = path.relative_to(self.folder).with_suffix("").as_posix().lower()
            key = re.sub(r"[^a-z0-9_-]", "-", name)[-80:]
            if key in self._paths:
                raise ValueError(
                    f"{path}: its key {key!r} is that of {self._paths[key]} too; allowed: names that differ in it"
                )
            self._paths[key] = path
        if not self._paths:
            raise ValueError(f"{folder}: no .npz file; allowed: a folder of them")

    @property
    def keys(self) -> Collection[str]:
        """Each file's key: its path in the folder, in small letters."""
        return self._paths

    def read(self, key: str) -> Trajectory:
        """Reads one file.

        Args:
            key: Key of its trajectory.

        Raises:
            ValueError: If it is damaged, or not as described.
        """
        path = self._paths[key]
        try:
            with np.load(path, allow_pickle=False) as arrays:
                images, actions = arrays["images"], arrays["actions"]
        except DAMAGE as error:
            raise ValueError(f"{path}: no readable clip ({error}); allowed: images and actions, not pickled") from None
        if images.ndim == 4 and images.shape[1] == 3 != images.shape[3]:
            images = images.transpose(0, 2, 3, 1)
        if images.dtype != np.uint8 or images.ndim != 4 or images.shape[3] != 3 or len(images) != len(actions):
            raise ValueError(
                f"{path}: images are {images.dtype} {images.shape} for {len(actions)} actions; "
                "allowed: uint8 (T, H, W, 3) or (T, 3, H, W)"
            )
        reduce = AreaReduction(images.shape[1], images.shape[2], self._size)
        frames = np.stack([reduce(image.transpose(2, 0, 1)) for image in images])
        meta = {"player": "human", "game": "bleeding edge", "file": path.relative_to(self.folder).as_posix()}
        return Trajectory(key, frames, gamepad_actions(actions, self._sticks, str(path)), None, meta)
