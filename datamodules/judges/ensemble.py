"""An ensemble of small models of the comparisons so far, and how far its members disagree on others."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from padzoo.core.record import Record
from padzoo.datamodules.sets.shard_set import ShardSet

MOMENTS: Final = 8  # frames of a clip that are looked at
GRID: Final = 8  # each averaged to so many cells a side
COMPONENTS: Final = 24
MEMBERS: Final = 8
PAIRS: Final = 2000  # that a member is fitted to, at most
LEAST: Final = 5  # rounds before anything is fitted
NEWTON_STEPS: Final = 6
Array = NDArray[np.float64]


class Ensemble:
    """Small Bradley-Terry models, whose disagreement is how uncertain a comparison is.

    Each member scores a clip linearly by principal components of its look: 8 moments in 8 x 8 cells, its length and its
    mean action. The members are fitted to bootstrap samples of the rounds.

    Args:
        looks: What the members see of every clip; see `looks`.
        seed: Seed of the bootstrap.
    """

    def __init__(self, looks: Array, seed: int = 0) -> None:
        self._looks = looks
        self._seed = seed

    def scores(self, rounds: Sequence[Sequence[tuple[int, int]]]) -> Array:
        """Fits the members.

        Args:
            rounds: What was compared: the winner's and the loser's row of each pair of a round, ties left out.

        Returns:
            Scores of all clips, `(members, clips)`.
        """
        members = []
        for member in range(MEMBERS):
            rng = np.random.default_rng((self._seed, member, len(rounds)))
            pairs = [pair for number in rng.integers(len(rounds), size=len(rounds)) for pair in rounds[number]]
            chosen = np.array(pairs, dtype=np.int64).reshape(-1, 2)[rng.permutation(len(pairs))[:PAIRS]]
            members.append(self._looks @ fit(self._looks[chosen[:, 0]] - self._looks[chosen[:, 1]]))
        return np.stack(members)


def disagreement(scores: Array, pairs: NDArray[np.int64]) -> Array:
    """Returns how much the members differ on who wins.

    Args:
        scores: Scores of all clips, `(members, clips)`.
        pairs: Rows of the clips, `(P, 2)`.

    Returns:
        Standard deviation of the probability that the first wins, 0 to 0.5, `(P,)`.
    """
    wins: Array = sigmoid(scores[:, pairs[:, 0]] - scores[:, pairs[:, 1]]).std(axis=0)
    return wins


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
