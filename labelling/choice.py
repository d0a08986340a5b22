"""Which clips are shown next, and where."""

from collections.abc import Callable, Sequence
from itertools import combinations, islice
from math import comb
from typing import Final
from zlib import crc32

import numpy as np

from padzoo.datamodules.judges.judgement import WAYS, Judgement

RECENT: Final = 10  # rounds before a set may be shown again
TRIES: Final = 100  # random draws of a set that was not shown yet, before all of them are listed
CANDIDATES: Final = 64  # random sets, of which the one of the most disagreement is shown
Disagreement = Callable[[Sequence[Judgement], Sequence[Sequence[str]]], Sequence[float] | None]


class Choice:
    """Draws the next set of clips for a labeller, and their places. No set is shown twice unless repeats are asked for.

    Clips that a labeller has seen least come first. The draw depends on the seed, the labeller and how many rounds they
    have had, so that a labelling that was cut off resumes with the same clips.

    Args:
        keys: The trajectories.
        ways: How many are shown together, 2 to 5.
        seed: Seed of the draws.
        repeats: Share of the rounds that show a set again which the labeller ranked at least 10 rounds ago.
        shared: Share of the rounds that show a set which somebody else ranked.
        disagreement: How uncertain each of several sets is, given what was judged; None where that is not known yet.

    Raises:
        ValueError: If there are too few trajectories, or a value is not allowed.
    """

    def __init__(
        self,
        keys: Sequence[str],
        ways: int = 4,
        seed: int = 0,
        repeats: float = 0.0,
        shared: float = 0.0,
        disagreement: Disagreement | None = None,
    ) -> None:
        if ways not in WAYS:
            raise ValueError(f"--ways {ways}: allowed: {WAYS[0]} to {WAYS[-1]}")
        if len(keys) < ways:
            raise ValueError(f"--ways {ways}: allowed: up to {len(keys)}, which is how many trajectories there are")
        if seed < 0:
            raise ValueError(f"--seed {seed}: allowed: 0 or more")
        for name, share in (("repeats", repeats), ("shared", shared)):
            if not 0 <= share < 1:
                raise ValueError(f"--{name} {share}: allowed: 0 to below 1")
        self._keys = list(keys)
        self._ways = ways
        self._seed = seed
        self._repeats = repeats
        self._shared = shared
        self._disagreement = disagreement

    def next(self, who: str, judgements: Sequence[Judgement]) -> list[str] | None:
        """Returns the next clips in their places; None if the labeller has seen every set.

        Args:
            who: The labeller.
            judgements: What counts of all labellers.
        """
        mine = [each for each in judgements if each.who == who]
        rng = np.random.default_rng((self._seed, crc32(who.encode()), len(mine)))
        sets = [frozenset(each.clips) for each in mine]
        chance = rng.random()
        pool: list[frozenset[str]] = []
        if chance < self._repeats:
            old = [frozenset(each.clips) for each in mine[:-RECENT] if each.state == "ranked"]
            pool = [each for each in old if len(each) == self._ways and sets.count(each) == 1]
        elif chance < self._repeats + self._shared:
            theirs = (frozenset(each.clips) for each in judgements if each.who != who and each.state == "ranked")
            pool = [each for each in theirs if len(each) == self._ways and each not in set(sets)]
        chosen = sorted(pool[int(rng.integers(len(pool)))]) if pool else self._fresh(mine, judgements, rng)
        return None if chosen is None else [chosen[place] for place in rng.permutation(self._ways)]

    def _fresh(
        self, mine: Sequence[Judgement], judgements: Sequence[Judgement], rng: np.random.Generator
    ) -> list[str] | None:
        """Draws a set that the labeller has not seen."""
        seen = {frozenset(each.clips) for each in mine if len(each.clips) == self._ways}
        if len(seen) >= comb(len(self._keys), self._ways):
            return None
        if self._disagreement is not None:
            drawn = [rng.permutation(len(self._keys))[: self._ways] for _ in range(CANDIDATES)]
            candidates = [[self._keys[row] for row in rows] for rows in drawn]
            candidates = [each for each in candidates if frozenset(each) not in seen]
            scores = self._disagreement(judgements, candidates) if candidates else None
            if scores is not None:
                return candidates[int(np.argmax(scores))]
        shown = dict.fromkeys(self._keys, 0)
        for clip in (clip for each in mine for clip in each.clips if clip in shown):
            shown[clip] += 1
        counts = np.array(list(shown.values()))
        for attempt in range(TRIES):
            order = np.lexsort((rng.random(len(counts)), counts if attempt == 0 else np.zeros_like(counts)))
            found = [self._keys[row] for row in order[: self._ways]]
            if frozenset(found) not in seen:
                return found
        unseen = (each for each in combinations(self._keys, self._ways) if frozenset(each) not in seen)
        return list(*islice(unseen, 1))
