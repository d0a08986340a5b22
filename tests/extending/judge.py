"""A judge of one's own: it looks at the pictures. `padzoo prefer DIR --criterion judge.Brighter ...`."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from padzoo.datamodules import ShardSet
from padzoo.datamodules.judges.preference import Verdict


class Brighter:
    """Prefers the trajectory that ends in the brighter picture; pictures that look alike tie."""

    def __call__(self, trajectories: ShardSet, pairs: NDArray[np.int64]) -> Iterator[Verdict]:
        """Looks at both last frames; one could as well ask a model here, or a person."""
        for first, second in pairs:
            one, other = (trajectories[row].frames[-1].mean() for row in (first, second))
            if abs(one - other) < 1:
                yield "tie"
            else:
                yield "first" if one > other else "second"
