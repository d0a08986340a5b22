"""Which trajectories are ranked together."""

from itertools import combinations
from math import ceil, comb

import numpy as np
from numpy.typing import NDArray

from padzoo.datamodules.judges.judgement import WAYS


def choose_groups(trajectories: int, comparisons: int, ways: int, seed: int = 0) -> NDArray[np.int64]:
    """Draws random groups of a set, and the order in which each is shown.

    Args:
        trajectories: How many there are to choose from.
        comparisons: Comparisons wanted, 1 or more; a group makes ways(ways-1)/2, and only whole ones are drawn.
        ways: Trajectories of a group, 2 to 5.
        seed: Seed of the choice, 0 or more.

    Returns:
        Rows of the set, int64 `(N, ways)`, no group twice.

    Raises:
        ValueError: If there are not so many groups.
    """
    if ways not in WAYS:
        raise ValueError(f"--ways {ways}: allowed: {WAYS[0]} to {WAYS[-1]}")
    available, each = comb(trajectories, ways), comb(ways, 2)
    count = ceil(comparisons / each)
    if not 1 <= count <= available:
        raise ValueError(
            f"comparisons {comparisons}: allowed: 1 to {available * each}, which is every {ways} of {trajectories}"
            " trajectories"
        )
    rng = np.random.default_rng(seed)
    if 2 * count > available:
        every = np.array(list(combinations(range(trajectories), ways)))
        return rng.permuted(rng.permutation(every)[:count], axis=1)
    drawn: dict[frozenset[int], list[int]] = {}
    while len(drawn) < count:
        rows = rng.choice(trajectories, ways, replace=False).tolist()
        drawn.setdefault(frozenset(rows), rows)
    return np.array(list(drawn.values()))
