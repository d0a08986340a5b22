"""How far labellers agree: with themselves, with each other, and with whatever else says which clip is better."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final
from zlib import crc32

import krippendorff
import numpy as np

from padzoo.core.wilson import wilson
from padzoo.datamodules.judges.judgement import Judgement, standing
from padzoo.datamodules.judges.preference import Preference

RESAMPLES: Final = 300
Truth = Callable[[str, str], int]  # 1 if the first clip is better, -1 if the second is, 0 for neither


@dataclass(frozen=True)
class Comparison:
    """What a labeller says of two clips.

    Args:
        who: The labeller.
        round: Number of the round that it is part of, over all labellers.
        pair: Keys of the clips, in an order that has nothing to do with who won.
        verdict: 1 if the first is better, -1 if the second is, 0 if they tie.
        leftmost: 1 if the clip further left is better, -1 if the other is, 0 for a tie or where nothing is known.
    """

    who: str
    round: int
    pair: tuple[str, str]
    verdict: int
    leftmost: int


@dataclass(frozen=True)
class Share:
    """A share of comparisons, with the 95 % interval of a Wilson score.

    Comparisons of one round are not independent, so the interval takes as many as would spread as the rounds do.

    Args:
        count: Comparisons.
        rate: Share of them, 0 to 1.
        low: Lower end of the interval.
        high: Upper end of the interval.
    """

    count: int
    rate: float
    low: float
    high: float

    @classmethod
    def of(cls, hits: Iterable[tuple[int, bool]]) -> "Share | None":
        """Computes a share.

        Args:
            hits: Of every comparison the number of its round, and whether it is a hit.

        Returns:
            The share; None of nothing.
        """
        rounds: dict[int, list[bool]] = {}
        for number, hit in hits:
            rounds.setdefault(number, []).append(hit)
        if not rounds:
            return None
        right = np.array([sum(each) for each in rounds.values()], dtype=float)
        count = np.array([len(each) for each in rounds.values()], dtype=float)
        total, rate, clusters = count.sum(), right.sum() / count.sum(), len(rounds)
        effective = float(clusters)
        if clusters > 1 and 0 < rate < 1:
            variance = clusters / (clusters - 1) * ((right - rate * count) ** 2).sum() / total**2
            effective = min(total, rate * (1 - rate) / variance) if variance > 0 else total
        return cls(int(total), float(rate), *wilson(rate * effective, effective))

    def __str__(self) -> str:
        return f"{100 * self.rate:.1f} ({100 * self.low:.1f} to {100 * self.high:.1f})"


@dataclass(frozen=True)
class Alpha:
    """Krippendorff's alpha: 1 where labellers always agree, 0 where they do as often as by chance.

    Args:
        pairs: Pairs of clips that at least two labellers compared.
        value: Alpha of their verdicts, on an ordinal scale with the tie in the middle.
        low: Lower end of its 95 % bootstrap interval over rounds.
        high: Upper end.
    """

    pairs: int
    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.2f} ({self.low:.2f} to {self.high:.2f})"


def comparisons(records: Iterable[Preference | Judgement]) -> list[Comparison]:
    """Lists what labellers say of each pair of clips.

    Args:
        records: Lines of files of judgements, or of preferences, where each is a round of its own.
    """
    lines = list(records)
    judged = standing(each for each in lines if isinstance(each, Judgement))
    preferred = [each for each in lines if isinstance(each, Preference)]
    found = []
    counted: list[Preference | Judgement] = [*judged, *preferred]
    for number, record in enumerate(counted):
        who = record.who if isinstance(record, Judgement) else record.source
        found += [Comparison(who, number, *said) for said in _said(record)]
    return found


def self_agreement(said: Sequence[Comparison]) -> Share | None:
    """Computes how often a labeller orders two clips as before, where both times one was better.

    Args:
        said: Comparisons of one labeller.
    """
    before: dict[tuple[str, str], list[int]] = {}
    hits = []
    for each in said:
        earlier = before.setdefault(each.pair, [])
        hits += [(each.round, each.verdict == verdict) for verdict in earlier if each.verdict and verdict]
        earlier.append(each.verdict)
    return Share.of(hits)


def agreement(one: Sequence[Comparison], other: Sequence[Comparison]) -> Share | None:
    """Computes how often two labellers order two clips alike, where neither says that they tie.

    Args:
        one: Comparisons of the one.
        other: Comparisons of the other.
    """
    known: dict[tuple[str, str], list[int]] = {}
    for each in other:
        known.setdefault(each.pair, []).append(each.verdict)
    return Share.of(
        (each.round, each.verdict == verdict)
        for each in one
        for verdict in known.get(each.pair, ())
        if each.verdict and verdict
    )


def accuracy(said: Sequence[Comparison], truth: Truth) -> Share | None:
    """Computes how often a labeller orders two clips as somebody who knows does.

    Args:
        said: Comparisons of one labeller.
        truth: Which clip is better; where it says neither, or the labeller ties, the pair does not count.
    """
    judged = ((each, truth(*each.pair)) for each in said if each.verdict)
    return Share.of((each.round, each.verdict == right) for each, right in judged if right)


def leftmost(said: Sequence[Comparison]) -> Share | None:
    """Computes how often the clip further left is better: half of the time, where places are random and do not matter.

    Args:
        said: Comparisons of one labeller.
    """
    return Share.of((each.round, each.leftmost > 0) for each in said if each.leftmost)


def alpha(said: Mapping[str, Sequence[Comparison]], seed: int = 0) -> Alpha | None:
    """Computes Krippendorff's alpha between labellers.

    Args:
        said: Comparisons of each labeller; of a pair that one compared more than once, the first counts.
        seed: Seed of the bootstrap.

    Returns:
        The coefficient; None if no two labellers compared a pair, or all verdicts are the same.
    """
    verdicts: dict[tuple[str, str], dict[str, int]] = {}
    rounds: dict[tuple[str, str], int] = {}
    for who, each in ((who, each) for who, all_ in said.items() for each in all_):
        verdicts.setdefault(each.pair, {}).setdefault(who, each.verdict)
        rounds.setdefault(each.pair, each.round)
    pairs = [pair for pair, known in verdicts.items() if len(known) > 1]
    table = np.array([[verdicts[pair].get(who, np.nan) for pair in pairs] for who in said])  # (labellers, pairs)
    value = _alpha(table) if pairs else None
    if value is None:
        return None
    columns: dict[int, list[int]] = {}
    for column, pair in enumerate(pairs):
        columns.setdefault(rounds[pair], []).append(column)
    clusters, rng = list(columns.values()), np.random.default_rng(seed)
    count = len(clusters)
    drawn = (np.concatenate([clusters[n] for n in rng.integers(count, size=count)]) for _ in range(RESAMPLES))
    found = [each for each in (_alpha(table[:, chosen]) for chosen in drawn) if each is not None]
    low, high = np.quantile(found, [0.025, 0.975])
    return Alpha(len(pairs), value, float(low), float(high))


def _alpha(table: np.ndarray) -> float | None:
    if len(np.unique(table[~np.isnan(table)])) < 2:
        return None
    return float(krippendorff.alpha(reliability_data=table, level_of_measurement="ordinal", value_domain=[-1, 0, 1]))


def _said(record: Preference | Judgement) -> Iterator[tuple[tuple[str, str], int, int]]:
    if isinstance(record, Preference):
        yield _oriented(record.winner, record.loser, 1, 0)
        return
    ranked = zip(record.ranks or (), record.clips, strict=False)
    for (rank, one), (other_rank, other) in combinations(ranked, 2):
        verdict = (rank < other_rank) - (rank > other_rank)  # the lower rank is better
        yield _oriented(one, other, verdict, verdict)


def _oriented(one: str, other: str, verdict: int, left: int) -> tuple[tuple[str, str], int, int]:
    """Puts a pair in an order of its own, which a hash decides: names may well say who is better."""
    first, second = sorted((one, other))
    if crc32(f"{first} {second}".encode()) % 2:
        first, second = second, first
    return (first, second), verdict if first == one else -verdict, left
