"""Inspecting a set of shards: is every byte the one that was written?"""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from upath import UPath

from padzoo.core.patient_file import open_file
from padzoo.datamodules.sets.manifest import Manifest, Shard
from padzoo.datamodules.sets.shard_reader import inspect


class Inspection:
    """Compares a set with its manifest, shard by shard.

    Args:
        folder: A folder of shards.
        share: Share of the shards to look at, drawn evenly, above 0 to 1; one at least.
        seed: Seed of the draw.

    Attributes:
        manifest: What the set says of itself.
        shards: The shards to look at, by path.

    Raises:
        ValueError: If the folder is no set of shards, one is missing or of another size, or `share` is not allowed.
    """

    def __init__(self, folder: str | Path | UPath, share: float = 1.0, seed: int = 0) -> None:
        if not 0 < share <= 1:
            raise ValueError(f"share {share}: allowed: above 0 to 1")
        self.manifest = Manifest.load(folder)
        count = max(1, round(share * len(self.manifest.shards)))
        rows = np.sort(np.random.default_rng(seed).permutation(len(self.manifest.shards))[:count])
        self.shards: dict[UPath, Shard] = {self.manifest.paths[row]: self.manifest.shards[row] for row in rows}

    def complaints(self) -> Iterator[list[str]]:
        """Looks at every shard in order.

        Yields:
            For each of them what is wrong, naming the shard and the trajectories; nothing if it is as written.
        """
        for path, shard in self.shards.items():
            with open_file(path) as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            yield [] if digest == shard.sha256 else self._complaints(path, shard)

    def _complaints(self, path: UPath, shard: Shard) -> list[str]:
        found = [str(sample) for sample in inspect(path, shard) if isinstance(sample, ValueError)]
        return found or [f"{path}: damaged tar file (bytes between its members; the trajectories are whole)"]
