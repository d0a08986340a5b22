"""Who ranks trajectories: criteria, and judges that look at what was played."""

import secrets
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from padzoo.core.registry import Registry
from padzoo.datamodules.judges.criterion import PADS, Criterion
from padzoo.datamodules.judges.judgement import Judgement, State
from padzoo.datamodules.judges.ranks import Ranks, check_ranks, rank
from padzoo.datamodules.sets.shard_set import ShardSet

JUDGES: Final = Registry("judge", {pad: f"padzoo.datamodules.judges.criterion.{pad}" for pad in PADS})


class Judge(Protocol):
    """Ranks some trajectories at a time: by rules, by a model, or by asking somebody else."""

    def __call__(self, trajectories: ShardSet, groups: NDArray[np.int64]) -> Iterable[Ranks | None]:
        """Judges groups in order.

        Args:
            trajectories: The set: `trajectories[row]` has frames and actions, `.summaries()` does without them.
            groups: Rows of the set, int64 `(N, ways)`, 2 to 5 trajectories each.

        Returns:
            Of each group the ranks of its trajectories, lower is better and equal ones tie; None to abstain.
        """


def find_judge(name: str) -> Judge:
    """Finds a judge.

    Args:
        name: `left`, `middle` or `right`, which want that pad; an entry point; or a dotted path: to a class, which is
            built without arguments and judges, or to a function, which ranks a TrajectorySummary.

    Raises:
        ValueError: If there is no such judge.
    """
    found = JUDGES.find(name)
    if isinstance(found, type):
        try:
            found = found()
        except TypeError as error:
            raise ValueError(f"judge {name!r}: {error}; allowed: a class that is built without arguments") from None
    elif callable(found):
        found = Criterion(found, name)
    if not callable(found):
        raise ValueError(f"judge {name!r}: cannot judge; allowed: a class that does, or a function of a summary")
    judge: Judge = found
    return judge


def compare(
    trajectories: ShardSet, groups: NDArray[np.int64], name: str, judge: Judge | None = None
) -> list[Judgement]:
    """Has groups judged.

    Args:
        trajectories: The set.
        groups: Rows of the set, int64 `(N, ways)`; two of each for pairs.
        name: The judge's name, which the judgements keep.
        judge: Who judges; None finds the judge by its name.

    Returns:
        A judgement of each group, in their order, `skipped` where the judge abstains. Each says that it took the mean
        of their times.

    Raises:
        ValueError: If there is no such judge, or its ranks are not allowed or not as many as groups.
    """
    begun = time.monotonic()
    ranked = list((judge or find_judge(name))(trajectories, groups))
    if len(ranked) != len(groups):
        raise ValueError(f"judge {name!r}: ranks {len(ranked)} groups of clips; allowed: all {len(groups)}")
    seconds = round((time.monotonic() - begun) / max(1, len(groups)), 2)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    judgements = []
    for rows, found in zip(groups.tolist(), ranked, strict=True):
        try:
            ranks = check_ranks(found, len(rows))
        except ValueError as error:
            raise ValueError(f"judge {name!r}: {error}") from None
        clips = [trajectories.keys[row] for row in rows]
        state: State = "skipped" if ranks is None else "ranked"
        whole = None if ranks is None else rank([-each for each in ranks])  # from 1 and without gaps
        judgements.append(Judgement(secrets.token_hex(8), clips, state, whole, name, now, seconds))
    return judgements
