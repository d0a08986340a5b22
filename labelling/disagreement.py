"""Which clips a model of the labels so far is least sure of."""

from collections.abc import Sequence
from concurrent.futures import Future
from itertools import combinations
from threading import Thread

import numpy as np

from padzoo.datamodules.judges.ensemble import LEAST, Array, Ensemble, disagreement, looks
from padzoo.datamodules.judges.judgement import Judgement
from padzoo.datamodules.sets.shard_set import ShardSet


class Disagreement:
    """How far an ensemble of models of the labels so far disagrees on sets of clips. It reads them in the background.

    Args:
        trajectories: The set.
        seed: Seed of the ensemble.
    """

    def __init__(self, trajectories: ShardSet, seed: int = 0) -> None:
        self._rows = trajectories.rows
        self._seed = seed
        self._looks: Future[Array] = Future()
        Thread(target=self._look, args=(trajectories,), daemon=True).start()  # does not keep Ctrl-C waiting

    def __call__(self, judgements: Sequence[Judgement], candidates: Sequence[Sequence[str]]) -> list[float] | None:
        """Scores sets of clips: the mean over their pairs of how much the members differ on who wins.

        Args:
            judgements: What was judged.
            candidates: Keys of the clips of each set.

        Returns:
            A number a set, 0 to 0.5; None while the looks are being read or little is judged.
        """
        rounds = [each for each in judgements if each.state == "ranked"]
        if not self._looks.done() or len(rounds) < LEAST:
            return None
        scores = Ensemble(self._looks.result(), self._seed).scores([self._pairs(each) for each in rounds])
        sets = [[self._rows[key] for key in keys] for keys in candidates]
        return [float(disagreement(scores, np.array(list(combinations(rows, 2)))).mean()) for rows in sets]

    def _look(self, trajectories: ShardSet) -> None:
        try:
            self._looks.set_result(looks(trajectories))
        except BaseException as error:
            self._looks.set_exception(error)  # raised where the looks are asked for

    def _pairs(self, judged: Judgement) -> list[tuple[int, int]]:
        return [(self._rows[one], self._rows[other]) for one, other, tie in judged.pairs if not tie]
