"""Comparing what a model of the comparisons so far is least sure of."""

from typing import Final

import numpy as np

from padzoo.datamodules.judges.ensemble import LEAST, Ensemble, disagreement, looks
from padzoo.datamodules.judges.judge import Judge, compare, find_judge
from padzoo.datamodules.judges.judgement import Judgement
from padzoo.datamodules.judges.pairs import check_count, numbered
from padzoo.datamodules.sets.shard_set import ShardSet

ROUNDS: Final = 8  # after each of which the ensemble is fitted again
CANDIDATES: Final = 10  # random pairs for each that is compared, so that a round's pairs are not all alike


def compare_uncertain(
    trajectories: ShardSet, count: int, name: str, judge: Judge | None = None, seed: int = 0
) -> list[Judgement]:
    """Has the pairs judged on which an ensemble of models of the comparisons so far disagrees most.

    They are asked in eight rounds, the first of random pairs. Each later one has the most uncertain tenth of random
    pairs that were not compared yet (Christiano et al. 2017, section 2.2.4).

    Args:
        trajectories: The set.
        count: Comparisons wanted, 1 or more.
        name: The judge's name, which the judgements keep.
        judge: Who judges, called once a round; None finds the judge by its name.
        seed: Seed of the choice, 0 or more.

    Returns:
        A judgement of each pair, in the order in which they were asked.

    Raises:
        ValueError: If there are not so many pairs, or as `compare` does.
    """
    available = check_count(len(trajectories), count)
    judge, rows, rng = judge or find_judge(name), trajectories.rows, np.random.default_rng(seed)
    order = rng.permutation(len(trajectories))
    fresh = np.arange(available)  # pairs that were not compared yet
    ensemble = Ensemble(looks(trajectories), seed)
    judgements: list[Judgement] = []
    for part in np.array_split(np.arange(count), min(ROUNDS, count)):
        drawn = rng.permutation(fresh)[: CANDIDATES * len(part)]
        won = [[(rows[one], rows[other])] for each in judgements for one, other, tie in each.pairs if not tie]
        if len(won) >= LEAST:
            uncertain = disagreement(ensemble.scores(won), order[numbered(drawn, len(order))])
            drawn = drawn[np.argsort(-uncertain, kind="stable")]
        asked = drawn[: len(part)]
        judgements += compare(trajectories, order[numbered(asked, len(order))], name, judge)
        fresh = np.setdiff1d(fresh, asked)
    return judgements
