"""`padzoo prefer`: preferences between recorded trajectories."""

from datamodules import preference
from datamodules.archive import Archive


def prefer(folder: str, criterion: str, comparisons: int, out: str, seed: int = 0) -> None:
    """Compares all pairs of a random subset of trajectories.

    Args:
        folder: Folder of trajectories.
        criterion: `left`, `middle` or `right` (that pad, then another pad, then none; then the shorter one), or a
            dotted path to a function of a trajectory's summary that returns a rank.
        comparisons: How many; the nearest M(M-1)/2 is taken, all pairs of M trajectories. Equals give no preference.
        out: File to write, a JSON line a preference.
        seed: Seed of the subset.
    """
    found = preference.comparisons(Archive(folder).summaries(), criterion, comparisons, seed)
    preference.write(out, found)
    print(f"{len(found)} preferences in {out}")
