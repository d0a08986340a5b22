"""A judgement: how a person ranked some clips."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Final, Literal

from padzoo.core.strict import build

State = Literal["ranked", "skipped", "undone"]
WAYS: Final = range(2, 6)  # clips that are shown together
BEGINNING: Final = '{"round": '  # of every line of a file of judgements


@dataclass(frozen=True)
class Judgement:
    """One round of labelling.

    Args:
        round: Name of the round. Of several judgements of one round, the last one counts.
        clips: Keys of the trajectories, in the places at which they were shown, the leftmost first.
        state: `ranked`; `skipped`; or `undone`, which takes back what was said of the round before.
        ranks: Rank of each clip, 1 for the best; equal ranks tie. None if the round is not ranked.
        who: The labeller.
        at: When, in UTC and ISO 8601.
        seconds: How long the labeller looked at the clips.

    Raises:
        ValueError: If clips and ranks do not fit together.
    """

    round: str
    clips: list[str]
    state: State
    ranks: list[int] | None
    who: str
    at: str
    seconds: float

    def __post_init__(self) -> None:
        if len(self.clips) < 2 or len(set(self.clips)) < len(self.clips):
            raise ValueError(f"clips {self.clips}: allowed: two or more, each once")
        if (self.state == "ranked") != (self.ranks is not None):
            raise ValueError(f"ranks {self.ranks} of a round that is {self.state}: allowed: for 'ranked' alone")
        if self.ranks is not None and (len(self.ranks) != len(self.clips) or min(self.ranks) < 1):
            raise ValueError(f"ranks {self.ranks}: allowed: {len(self.clips)} numbers from 1, one a clip")

    @property
    def pairs(self) -> Iterator[tuple[str, str, bool]]:
        """The N(N-1)/2 comparisons of a ranking: the better clip, the other, and whether they tie."""
        ranked = list(zip(self.ranks or [], self.clips, strict=False))
        for (rank, clip), (other_rank, other) in combinations(ranked, 2):
            yield (other, clip, False) if other_rank < rank else (clip, other, rank == other_rank)


def parse(found: object, where: str) -> Judgement:
    """Builds a judgement from a line's JSON.

    Args:
        found: The JSON value.
        where: File and line, for messages.

    Raises:
        ValueError: If it is no judgement.
    """
    try:
        return build(Judgement, found, where)
    except ValueError as error:
        message = str(error)
        raise ValueError(message if message.startswith(where) else f"{where}: {message}") from None


def standing(judgements: Iterable[Judgement]) -> list[Judgement]:
    """Returns what counts: the last judgement of each round, unless it is undone.

    Args:
        judgements: In the order of the file.
    """
    last = {(each.who, each.round): each for each in judgements}
    return [each for each in last.values() if each.state != "undone"]
