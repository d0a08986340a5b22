"""The base data's players: everybody, at every skill and in every mood (section 3.2, Appendix B)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final

import numpy as np

from padzoo.core.episode import Start
from padzoo.envs.island.actors import CHARACTERS
from padzoo.envs.island.plan import SPAWNS
from padzoo.envs.players.bystanders import Idler, Masher, Spinner, WallRunner, Wanderer
from padzoo.envs.players.company import Fleer, Follower
from padzoo.envs.players.explorer import Explorer, Looker, Sightseer, YardExplorer
from padzoo.envs.players.habit import Habit
from padzoo.envs.players.match import Bout, Builder, Match
from padzoo.envs.players.pilot import Pilot
from padzoo.envs.players.runner import Runner
from padzoo.envs.players.scripted_player import ScriptedPlayer
from padzoo.envs.players.scripts import Play, Scripts, check_pad
from padzoo.envs.players.temper import Range, Temper


@dataclass(frozen=True)
class Kind:
    """One kind of player in the population.

    Args:
        name: Its name in a recording's meta data.
        share: Its share of all players.
        build: Makes its habit, given temper, generator, steering and pad.
        knobs: Lowest and highest value of the knobs of its temper.
        goes_for: Whether it wants a pad.
    """

    name: str
    share: float
    build: Builder
    knobs: Mapping[str, Range] = field(default_factory=dict)
    goes_for: bool = True


PAD_SHARES: Final = {"left": 0.20, "middle": 0.62, "right": 0.18}  # the bias of people to the middle (Figure 3)
# What they want in a match, so that with the pads that they come upon by the way the visits are in these shares.
MATCH_SHARES: Final = {"left": 0.18, "middle": 0.645, "right": 0.175}
MISS: Final = 130.0  # map units beside a pad's centre at noise 1
_USUAL: Final[dict[str, Range]] = {
    "noise": (0.25, 1.0),
    "detour": (0.5, 2.2),
    "delay": (0, 1.9),
    "overshoot": (0.0, 0.5),
    "pace": (0.75, 1.0),
    "swing": (0.5, 0.8),
    "sidle": (0.1, 0.5),
    "lookahead": (130, 300),
    "hops": (0.0, 0.006),
    "lapses": (0.0, 0.01),
    "warm_up": (-8, 12),
}
_NOVICE: Final = _USUAL | {
    "noise": (1.2, 2.2),
    "delay": (2, 4.4),
    "overshoot": (0.4, 1.0),
    "pace": (0.5, 0.8),
    "lapses": (0.01, 0.05),
}


def _after_pad(habit: Callable[[Temper, np.random.Generator, Pilot, str, float], Habit]) -> Builder:
    return lambda temper, rng, pilot, pad: habit(temper, rng, pilot, pad, MISS)


def _aimless(habit: Callable[[Temper, np.random.Generator, Pilot], Habit]) -> Builder:
    return lambda temper, rng, pilot, pad: habit(temper, rng, pilot)


# What each kind of player does; in a match it does what everybody does in between (`BOUTS`).
KINDS: Final = (
    Kind("goal", 0.80, _after_pad(Runner), _USUAL),
    Kind("wanderer", 0.06, _aimless(Wanderer), _USUAL | {"pace": (0.4, 0.9)}, goes_for=False),
    Kind("idler", 0.03, _aimless(Idler), _USUAL, goes_for=False),
    Kind("novice", 0.05, _after_pad(Runner), _NOVICE),
    Kind("spinner", 0.02, _after_pad(Spinner), _USUAL),
    Kind("masher", 0.02, _after_pad(Masher), _USUAL),
    Kind("wall runner", 0.02, _aimless(WallRunner), _USUAL | {"pace": (0.8, 1.0)}, goes_for=False),
)
BOUTS: Final = (  # what it is, how often it is next, how many steps it lasts at most, whose habit it is
    Bout("what its kind does", 0.66, (100, 220), None),
    Bout("run to a pad", 0.11, (100, 220), _after_pad(Runner)),
    Bout("walk somewhere", 0.03, (30, 120), _aimless(Explorer)),
    Bout("walk and look about", 0.05, (30, 120), _aimless(Sightseer)),
    Bout("look round", 0.05, (5, 40), _aimless(Looker)),
    Bout("explore a yard", 0.04, (60, 200), _aimless(YardExplorer)),
    Bout("follow", 0.02, (20, 70), _aimless(Follower)),
    Bout("flee", 0.01, (20, 60), _aimless(Fleer)),
    Bout("run along walls", 0.02, (15, 50), _aimless(WallRunner)),
    Bout("stop", 0.01, (5, 25), _aimless(Idler)),
)
LENGTH: Final = 300  # steps of a match: half a minute


def population(
    seed: int, pad: str | None = None, spawn: int | None = None, character: str | None = None, length: int = LENGTH
) -> Scripts:
    """Draws matches of players as they come, begun anywhere: they visit pads, come back and do something else.

    Args:
        seed: Which population; match `i` depends on this and `i` alone.
        pad: The pad of every run; None draws it for each run, mostly the middle one.
        spawn: The spawn point at which all matches begin, 0 to 3; None is anywhere, facing anywhere.
        character: The character; None draws it evenly.
        length: Steps of a match, 10 a second.

    Returns:
        The player, with its endless list of matches.

    Raises:
        ValueError: If there is no such pad, or a match has no step.
    """
    check_pad(pad)
    if length < 1:
        raise ValueError(f"length {length}: allowed: 1 step or more")
    pads = MATCH_SHARES if pad is None else {pad: 1.0}

    def draw(index: int, attempt: int) -> Play:
        rng, kind, _, options, world = _draw(seed, index, attempt, spawn, character)
        temper = replace(Temper.draw(rng, **kind.knobs), warm_up=0.0)
        if spawn is None:
            options = {"condition": "anywhere", "character": options["character"]}
        script = ScriptedPlayer(temper, rng, partial(Match, own=kind.build, bouts=BOUTS, pads=pads))
        return Play(Start(world, options), attempt, index=index, kind=kind.name, script=script, pad=pad)

    return Scripts(draw, {"match": True, "max_steps": length})


def runners(seed: int, pad: str | None = None, spawn: int | None = None, character: str | None = None) -> Scripts:
    """Draws the same players, each for one run from a spawn point to a pad: narrow play, the control.

    Args:
        seed: Which players; game `i` depends on this and `i` alone.
        pad: The pad of whoever wants one; None draws it, mostly the middle one.
        spawn: The spawn point, 0 to 3; None draws it evenly.
        character: The character; None draws it evenly.

    Returns:
        The player, with its endless list of episodes.

    Raises:
        ValueError: If there is no such pad.
    """
    check_pad(pad)

    def draw(index: int, attempt: int) -> Play:
        rng, kind, wanted, options, world = _draw(seed, index, attempt, spawn, character)
        goal = wanted if pad is None else pad
        script = ScriptedPlayer(
            Temper.draw(rng, **kind.knobs), rng, lambda temper, rng, pilot: kind.build(temper, rng, pilot, goal)
        )
        aim = goal if kind.goes_for else None
        return Play(Start(world, options), attempt, index=index, kind=kind.name, script=script, pad=aim)

    return Scripts(draw)


def _draw(
    seed: int, index: int, attempt: int, spawn: int | None, character: str | None
) -> tuple[np.random.Generator, Kind, str, dict[str, Any], int]:
    """Draws who plays: generator, kind, pad, start options, world. Giving one thing leaves the others as they are."""
    rng = np.random.default_rng((seed, 0, index, attempt))
    kind = KINDS[rng.choice(len(KINDS), p=[kind.share for kind in KINDS])]
    wanted = str(rng.choice(list(PAD_SHARES), p=list(PAD_SHARES.values())))
    options = {"spawn": int(rng.integers(len(SPAWNS))), "character": str(rng.choice(CHARACTERS))}
    world = int(rng.integers(2**31))
    options |= {name: value for name, value in (("spawn", spawn), ("character", character)) if value is not None}
    return rng, kind, wanted, options, world
