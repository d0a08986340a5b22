"""`padzoo verify`: check shards against their checksums."""

from itertools import chain

from rich.progress import track

from padzoo.datamodules.sets.inspection import Inspection


def verify(folder: str, share: float = 1.0, seed: int = 0) -> None:
    """Checks every byte of a set of shards against the checksums in its manifest, or a share of the shards.

    Args:
        folder: Folder of shards.
        share: Share of the shards to check, drawn evenly, above 0 to 1; one at least.
        seed: Seed of the draw.

    Raises:
        ValueError: If the set is not whole.
    """
    inspection = Inspection(folder, share, seed)
    found = track(inspection.complaints(), "shards", total=len(inspection.shards), transient=True)
    damaged = [complaints for complaints in found if complaints]
    for complaint in chain.from_iterable(damaged):
        print(complaint)
    checked = f"{len(inspection.shards)} of {len(inspection.manifest.shards)} shards"
    if damaged:
        raise ValueError(f"{folder}: {len(damaged)} damaged of {checked}")
    samples = sum(shard.samples for shard in inspection.shards.values())
    size = sum(shard.bytes for shard in inspection.shards.values())
    print(f"{folder}: {checked}, {samples} trajectories, {size:,} bytes: all as written")
