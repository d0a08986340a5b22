"""Where labellers are handed rounds and their judgements are taken in."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median
from threading import Lock
from typing import Final

from padzoo.datamodules.judges.judgement import Judgement, State, standing
from padzoo.datamodules.judges.judgement_file import JudgementFile
from padzoo.labelling.choice import Choice

LABELLERS: Final = 1000  # at once
PACE: Final = 20  # rounds of which the pace is the median


class Conflict(Exception):
    """A judgement of a round that is not open: it was judged in another tab, or the server was started anew."""


@dataclass(frozen=True)
class Round:
    """Clips that a labeller is to rank.

    Args:
        name: Its name in the file.
        clips: Keys of the clips, in their places.
        before: How often the labeller had judged the same clips when it was opened.
    """

    name: str
    clips: list[str]
    before: int = 0


@dataclass(frozen=True)
class Progress:
    """What a labeller has done so far.

    Args:
        rounds: Rounds ranked.
        skipped: Rounds skipped.
        comparisons: Preferences that the rankings make, ties left out.
        ties: Pairs ranked alike.
        seconds: Median of the last rounds; None before the first.
    """

    rounds: int
    skipped: int
    comparisons: int
    ties: int
    seconds: float | None

    @classmethod
    def of(cls, mine: Sequence[Judgement]) -> "Progress":
        """Counts a labeller's judgements."""
        ranked = [each for each in mine if each.state == "ranked"]
        tied = [tie for each in ranked for _, _, tie in each.pairs]
        pace = median(each.seconds for each in ranked[-PACE:]) if ranked else None
        return cls(len(ranked), len(mine) - len(ranked), tied.count(False), tied.count(True), pace)


class Desk:
    """Hands every labeller one round at a time and writes what is said of it; any number of threads may ask.

    Args:
        file: Where judgements go.
        choice: What is shown next.
    """

    def __init__(self, file: JudgementFile, choice: Choice) -> None:
        self._file = file
        self._choice = choice
        self._open: dict[str, Round | None] = {}
        self._lock = Lock()

    def round(self, who: str) -> Round | None:
        """Returns the labeller's open round, the next one if there is none; None if every set was shown.

        Raises:
            Conflict: If there are too many labellers.
        """
        with self._lock:
            return self._round(who)

    def clip(self, name: str, place: int) -> str | None:
        """Returns the key of a clip of an open round; None if there is none."""
        with self._lock:
            found = next((each for each in self._open.values() if each and each.name == name), None)
        return found.clips[place] if found and 0 <= place < len(found.clips) else None

    def progress(self, who: str) -> Progress:
        """Counts what a labeller has done."""
        with self._lock:
            self._file.refresh()
            return Progress.of(self._mine(who))

    def judge(self, who: str, name: str, ranks: list[int] | None, seconds: float) -> None:
        """Writes what a labeller says of the open round. The same, said twice, is written once.

        Args:
            who: The labeller.
            name: The round's.
            ranks: Rank of the clip at each place, from 1; None skips the round.
            seconds: How long it took.

        Raises:
            Conflict: If the round is not open.
            ValueError: If the ranks do not fit.
        """
        with self._lock:
            opened = self._still_open(who)
            if opened is None or opened.name != name:
                said = [each.ranks for each in self._mine(who) if each.round == name]
                if said != [ranks]:
                    raise Conflict("this round is no longer open: it was judged elsewhere, or the server began anew")
                return
            self._write(opened, "skipped" if ranks is None else "ranked", ranks, who, seconds)
            del self._open[who]

    def undo(self, who: str, name: str | None) -> None:
        """Takes back a labeller's last judgement and opens its round again.

        Args:
            who: The labeller.
            name: The open round, or None; if it is another one, this was done already.
        """
        with self._lock:
            opened = self._round(who)
            if name != (opened.name if opened else None) or not (mine := self._mine(who)):
                return
            last = Round(mine[-1].round, mine[-1].clips, self._times(who, mine[-1].clips) - 1)
            self._write(last, "undone", None, who, 0.0)
            self._open[who] = last

    def _round(self, who: str) -> Round | None:
        if self._still_open(who) is None:
            if len(self._open) >= LABELLERS:
                raise Conflict(f"more than {LABELLERS} labellers at once")
            clips = self._choice.next(who, standing(self._file.judgements))
            self._open[who] = None if clips is None else Round(secrets.token_hex(8), clips, self._times(who, clips))
        return self._open[who]

    def _still_open(self, who: str) -> Round | None:
        """Returns the labeller's open round, unless the same clips were judged meanwhile at another server."""
        self._file.refresh()
        opened = self._open.get(who)
        return opened if opened and self._times(who, opened.clips) == opened.before else None

    def _times(self, who: str, clips: Sequence[str]) -> int:
        return sum(set(each.clips) == set(clips) for each in self._mine(who))

    def _mine(self, who: str) -> list[Judgement]:
        return [each for each in standing(self._file.judgements) if each.who == who]

    def _write(self, round_: Round, state: State, ranks: list[int] | None, who: str, seconds: float) -> None:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        self._file.append(Judgement(round_.name, round_.clips, state, ranks, who, now, round(seconds, 2)))
