"""Which clips a model of the labels so far is least sure of."""

from collections.abc import Sequence
from concurrent.futures import Future
from itertools import combinations
from threading import Thread
from typing import Final

import numpy as np
from numpy.typing import NDArray

from padzoo.core.record import Record
from padzoo.datamodules.judges.judgement import Judgement
from padzoo.datamodules.sets.shard_set import ShardSet

MOMENTS: Final = 8  # frames of a clip that are looked at
GRID: Final = 8  # each averaged to so many cells a side
COMPONENTS: Final = 24
MEMBERS: Final = 8
PAIRS: Final = 2000  # that a member is fitted to, at most
LEAST: Final = 5  # ranked rounds before anything is fitted
NEWTON_STEPS: Final = 6
Array = NDArray[np.float64]


class Disagreement:
    """An ensemble of small Bradley-Terry models, whose disagreement is how uncertain a set of clips is.

    Each member scores a clip linearly by principal components of its look: 8 moments in 8 x 8 cells, its length and its
    mean action. The members are fitted to bootstrap samples of the rounds. The looks are read in the background.

    Args:
        trajectories: The set.
        seed: Seed of the bootstrap.
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
        scores = self._ensemble(rounds)  # (members, clips)
        return [self._uncertainty(scores[:, [self._rows[key] for key in keys]]) for keys in candidates]

    def _look(self, trajectories: ShardSet) -> None:
        try:
            self._looks.set_result(looks(trajectories))
        except BaseException as error:
            self._looks.set_exception(error)  # raised where the looks are asked for

    def _uncertainty(self, scores: Array) -> float:
        first, second = zip(*combinations(range(scores.shape[1]), 2), strict=True)
        wins = sigmoid(scores[:, first] - scores[:, second])  # (members, pairs)
        return float(wins.std(axis=0).mean())

    def _ensemble(self, rounds: Sequence[Judgement]) -> Array:
        looks = self._looks.result()
        members = []
        for member in range(MEMBERS):
            rng = np.random.default_rng((self._seed, member, len(rounds)))
            drawn = [rounds[number] for number in rng.integers(len(rounds), size=len(rounds))]
            pairs = [
                (self._rows[one], self._rows[other]) for each in drawn for one, other, tie in each.pairs if not tie
            ]
            chosen = np.array(pairs, dtype=np.int64).reshape(-1, 2)[rng.permutation(len(pairs))[:PAIRS]]
            members.append(looks @ fit(looks[chosen[:, 0]] - looks[chosen[:, 1]]))
        return np.stack(members)


def looks(trajectories: ShardSet) -> Array:
    """Computes the looks of all clips, standardised principal components, `(clips, components)`."""
    raw = np.stack([_look(trajectories.record(row)) for row in range(len(trajectories))])
    centred = raw - raw.mean(axis=0)
    centred /= centred.std(axis=0) + 1e-6
    left, scale, _ = np.linalg.svd(centred, full_matrices=False)
    count = min(COMPONENTS, int((scale > 1e-6 * scale[0]).sum()))
    components: Array = left[:, :count] * np.sqrt(len(raw))
    return components


def fit(differences: Array, penalty: float = 1.0) -> Array:
    """Fits a linear Bradley-Terry model by Newton's method.

    Args:
        differences: Winner's look less the loser's, `(P, D)`.
        penalty: Of the squared weights.

    Returns:
        The weights, `(D,)`.
    """
    weights = np.zeros(differences.shape[1])
    for _ in range(NEWTON_STEPS):
        lost = 1 - sigmoid(differences @ weights)  # (P,)
        slope = differences.T @ lost - penalty * weights
        curvature = (differences * (lost * (1 - lost))[:, None]).T @ differences + penalty * np.eye(len(weights))
        weights = weights + np.linalg.solve(curvature, slope)
    return weights


def sigmoid(values: Array) -> Array:
    """Returns 1 / (1 + exp(-values)) of any shape, without overflow."""
    found: Array = 0.5 * (1 + np.tanh(0.5 * values))
    return found


def _look(record: Record) -> Array:
    rows = np.linspace(0, len(record) - 1, MOMENTS).astype(np.int64)
    height, width = record.frame_size
    frames = np.empty((MOMENTS, height, width, 3), dtype=np.uint8)
    record.read_rows(rows, frames)
    ys, xs = ((np.arange(GRID) * side) // GRID for side in (height, width))
    cells = np.add.reduceat(np.add.reduceat(frames.astype(np.float64), ys, axis=1), xs, axis=2)
    about = [float(len(record)), *record.actions.mean(axis=0)]
    return np.concatenate([cells.ravel() / (height * width), about])
