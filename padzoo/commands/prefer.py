"""`padzoo prefer`: preferences between recorded trajectories."""

from padzoo.datamodules.judges import preference
from padzoo.datamodules.sets.shard_set import ShardSet


def prefer(
    folder: str, criterion: str, comparisons: int, out: str, seed: int = 0, pairs: preference.Pairs = "all"
) -> None:
    """Compares pairs of trajectories.

    Args:
        folder: Folder of trajectories.
        criterion: `left`, `middle` or `right` (that pad, then another pad, then none; then the shorter one), or a
            dotted path to a function of a trajectory's summary that returns a rank.
        comparisons: How many. Equals give no preference.
        out: File to write, a JSON line a preference.
        seed: Seed of the choice.
        pairs: `all` pairs of M random trajectories, as in the paper, M(M-1)/2 the nearest to the number; or so many
            `random` pairs of all trajectories, from which a reward model learns more.
    """
    found = preference.comparisons(ShardSet(folder).summaries(), criterion, comparisons, seed, pairs)
    preference.write(out, found)
    print(f"{len(found)} preferences in {out}")
