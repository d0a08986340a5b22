"""Who says which of two trajectories is better: criteria, and judges that look at what was played."""

from collections import Counter
from collections.abc import Iterable
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from padzoo.core.registry import Registry
from padzoo.datamodules.judges.criterion import PADS, Criterion
from padzoo.datamodules.judges.preference import VERDICTS, Preference, Verdict
from padzoo.datamodules.sets.shard_set import ShardSet

JUDGES: Final = Registry("judge", {pad: f"padzoo.datamodules.judges.criterion.{pad}" for pad in PADS})


class Judge(Protocol):
    """Compares pairs of trajectories: by rules, by a model, or by asking somebody else."""

    def __call__(self, trajectories: ShardSet, pairs: NDArray[np.int64]) -> Iterable[Verdict]:
        """Judges pairs in order.

        Args:
            trajectories: The set: `trajectories[row]` has frames and actions, `.summaries()` does without them.
            pairs: Rows of the set, int64 `(P, 2)`.

        Returns:
            P verdicts: `first` or `second` is better, they `tie`, or the judge will `abstain`.
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
    trajectories: ShardSet, pairs: NDArray[np.int64], name: str, judge: Judge | None = None
) -> tuple[list[Preference], Counter[Verdict]]:
    """Has pairs judged.

    Args:
        trajectories: The set.
        pairs: Rows of the set, int64 `(P, 2)`.
        name: The judge's name, which the preferences keep.
        judge: Who judges; None finds the judge by its name.

    Returns:
        The preferences, in the order of the pairs without ties and abstentions; and how many verdicts of each kind
        there were.

    Raises:
        ValueError: If there is no such judge, or its verdicts are not allowed or not as many as pairs.
    """
    judge = judge or find_judge(name)
    verdicts = list(judge(trajectories, pairs))
    if len(verdicts) != len(pairs):
        raise ValueError(f"judge {name!r}: {len(verdicts)} verdicts; allowed: {len(pairs)}, one a pair")
    alike = judge.same_category(trajectories, pairs) if isinstance(judge, Criterion) else [None] * len(pairs)
    preferences = []
    for (first, second), verdict, same in zip(pairs.tolist(), verdicts, alike, strict=True):
        if verdict not in VERDICTS:
            raise ValueError(f"judge {name!r}: verdict {verdict!r}; allowed: {', '.join(VERDICTS)}")
        if verdict in ("first", "second"):
            winner, loser = (first, second) if verdict == "first" else (second, first)
            keys = trajectories.keys[winner], trajectories.keys[loser]
            preferences.append(Preference(*keys, name, same_category=same))
    return preferences, Counter(verdicts)
