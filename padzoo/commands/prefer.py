"""`padzoo prefer`: preferences between recorded trajectories."""

from padzoo.core.atomic import check_writable
from padzoo.datamodules.judges import preference
from padzoo.datamodules.judges.judge import compare
from padzoo.datamodules.judges.pairs import Pairs, choose_pairs
from padzoo.datamodules.sets.shard_set import ShardSet


def prefer(folder: str, criterion: str, comparisons: int, out: str, seed: int = 0, pairs: Pairs = "all") -> None:
    """Compares pairs of trajectories.

    Args:
        folder: Folder of trajectories.
        criterion: Who judges: `left`, `middle` or `right` (that pad, then another pad, then none; then the shorter
            one); a dotted path to a function that ranks a trajectory's summary; or one to a class that judges pairs,
            by their frames if it likes.
        comparisons: How many. Ties and abstentions give no preference.
        out: File to write, one JSON line per preference.
        seed: Seed of the choice.
        pairs: `all` pairs of M random trajectories, as in the paper, M(M-1)/2 the nearest to the number; or so many
            `random` pairs of all trajectories, from which a reward model learns more.

    Raises:
        ValueError: If `out` cannot be written, or no pair has a winner.
    """
    check_writable(out)
    trajectories = ShardSet(folder)
    found, verdicts = compare(trajectories, choose_pairs(len(trajectories), comparisons, seed, pairs), criterion)
    preference.write(out, found)
    undecided = f" ({verdicts['tie']} ties, {verdicts['abstain']} abstentions)" if len(found) < verdicts.total() else ""
    print(f"{len(found)} preferences in {out}{undecided}")
