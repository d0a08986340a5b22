"""Inspecting a set of shards: is every byte the one that was written?"""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from datamodules.manifest import Manifest, Shard
from datamodules.shard_windows import checked_samples


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

    def __init__(self, folder: str | Path, share: float = 1.0, seed: int = 0) -> None:
        if not 0 < share <= 1:
            raise ValueError(f"share {share}: allowed: above 0 to 1")
        self.manifest = Manifest.load(folder)
        count = max(1, round(share * len(self.manifest.shards)))
        rows = np.sort(np.random.default_rng(seed).permutation(len(self.manifest.shards))[:count])
        self.shards: dict[Path, Shard] = {self.manifest.paths[row]: self.manifest.shards[row] for row in rows}

    def complaints(self) -> Iterator[str | None]:
        """Looks at every shard in order.

        Yields:
            For each of them what is wrong, naming the shard and the trajectory, or None.
        """
        for path, shard in self.shards.items():
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            yield None if digest == shard.sha256 else self._complaint(path, shard)

    def _complaint(self, path: Path, shard: Shard) -> str:
        try:
            for _ in checked_samples(path, shard):
                pass
        except ValueError as error:
            return str(error)
        return f"{path}: damaged tar file (bytes between its members; the trajectories are whole)"
