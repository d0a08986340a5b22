"""An importer of one's own: GIFs whose names say which button was held. `padzoo import importer.Gifs DIR --out SET`."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageSequence

from padzoo.core.gamepad import COMPONENTS, NEUTRAL
from padzoo.datamodules import Trajectory


class Gifs:
    """Films such as `x-first.gif`, in which button x is held all the time.

    Args:
        folder: Where they are.
        size: Height and width of the frames to make, in pixels.
    """

    def __init__(self, folder: str, size: int = 64) -> None:
        self.folder = Path(folder)
        self.size = size
        self.keys = sorted(path.stem for path in self.folder.glob("*.gif"))  # what there is to read

    def read(self, key: str) -> Trajectory:
        """Reads one film."""
        with Image.open(self.folder / f"{key}.gif") as film:
            pictures = [frame.convert("RGB").resize((self.size, self.size)) for frame in ImageSequence.Iterator(film)]
        actions = np.tile(np.array(NEUTRAL, dtype=np.int8), (len(pictures), 1))
        actions[:, COMPONENTS.index(key.partition("-")[0])] = 1
        return Trajectory(key, np.stack(pictures), actions, None, {"player": "human"})
