"""`padzoo verify`: check shards against their checksums."""

from itertools import chain

import numpy as np
from rich.progress import track

from padzoo.datamodules.sets.shard_set import ShardSet


def verify(folder: str, share: float = 1.0, seed: int = 0) -> None:
    """Checks every byte of a set of shards against the checksums in its manifest, or a share of the shards.

    Args:
        folder: Folder of shards.
        share: Share of the shards to check, drawn evenly, above 0 to 1; one at least.
        seed: Seed of the draw.

    Raises:
        ValueError: If the set is not whole.
    """
    if not 0 < share <= 1:
        raise ValueError(f"--share {share}: allowed: above 0 to 1")
    trajectories = ShardSet(folder, sizes=False)
    shards = trajectories.manifest.shards
    count = max(1, round(share * len(shards)))
    drawn = np.sort(np.random.default_rng(seed).permutation(len(shards))[:count]).tolist()
    found = track(trajectories.verify(drawn), "shards", total=count, transient=True)
    damaged = [complaints for complaints in found if complaints]
    for complaint in chain.from_iterable(damaged):
        print(complaint)
    checked = f"{count} of {len(shards)} shards"
    if damaged:
        raise ValueError(f"{folder}: {len(damaged)} damaged of {checked}")
    samples, size = (sum(getattr(shards[number], name) for number in drawn) for name in ("samples", "bytes"))
    print(f"{folder}: {checked}, {samples} trajectories, {size:,} bytes: all as written")
