"""A judge of one's own: it looks at the pictures. `padzoo prefer DIR --criterion judge.Brighter ...`."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from padzoo.datamodules import ShardSet
from padzoo.datamodules.judges.ranks import Ranks, rank


class Brighter:
    """Prefers the trajectory that ends in the brighter picture; pictures that look alike tie."""

    def __call__(self, trajectories: ShardSet, groups: NDArray[np.int64]) -> Iterator[Ranks]:
        """Looks at the last frames; one could as well ask a model here, or a person."""
        for group in groups:
            yield rank([round(trajectories[row].frames[-1].mean()) for row in group])
