"""The base data's players: everybody, at every skill and in every mood (section 3.2, Appendix B)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from padzoo.core.episode import Start
from padzoo.envs.island.actors import CHARACTERS
from padzoo.envs.island.plan import SPAWNS
from padzoo.envs.players.bystanders import Idler, Masher, Spinner, WallRunner, Wanderer
from padzoo.envs.players.runner import Runner, Script
from padzoo.envs.players.scripts import Play, Scripts, check_pad
from padzoo.envs.players.temper import Range, Temper

Builder = Callable[[Temper, np.random.Generator, str], Script]


@dataclass(frozen=True)
class Kind:
    """One kind of player in the population.

    Args:
        name: Its name in a recording's meta data.
        share: Its share of all players.
        build: Makes one, given temper, generator and pad.
        knobs: Lowest and highest value of the knobs of its temper.
        goes_for: Whether it wants a pad.
    """

    name: str
    share: float
    build: Builder
    knobs: Mapping[str, Range] = field(default_factory=dict)
    goes_for: bool = True


PAD_SHARES: Final = {"left": 0.20, "middle": 0.62, "right": 0.18}  # the bias of people to the middle (Figure 3)
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

KINDS: Final = (
    Kind("goal", 0.80, lambda temper, rng, pad: Runner(temper, rng, pad, MISS), _USUAL),
    Kind(
        "wanderer", 0.06, lambda temper, rng, pad: Wanderer(temper, rng), _USUAL | {"pace": (0.4, 0.9)}, goes_for=False
    ),
    Kind("idler", 0.03, lambda temper, rng, pad: Idler(temper, rng), _USUAL, goes_for=False),
    Kind("novice", 0.05, lambda temper, rng, pad: Runner(temper, rng, pad, MISS), _NOVICE),
    Kind("spinner", 0.02, lambda temper, rng, pad: Spinner(temper, rng, pad, MISS), _USUAL),
    Kind("masher", 0.02, lambda temper, rng, pad: Masher(temper, rng, pad, MISS), _USUAL),
    Kind(
        "wall runner",
        0.02,
        lambda temper, rng, pad: WallRunner(temper, rng),
        _USUAL | {"pace": (0.8, 1.0)},
        goes_for=False,
    ),
)


def population(seed: int, pad: str | None = None, spawn: int | None = None, character: str | None = None) -> Scripts:
    """Draws players as they come: kinds, goals, tempers, characters and spawn points all vary.

    Args:
        seed: Which population; game `i` depends on this and `i` alone.
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
        rng = np.random.default_rng((seed, 0, index, attempt))
        kind = KINDS[rng.choice(len(KINDS), p=[kind.share for kind in KINDS])]
        # All is drawn whatever is given, so that giving one thing leaves the others as they are.
        wanted = str(rng.choice(list(PAD_SHARES), p=list(PAD_SHARES.values())))
        options = {"spawn": int(rng.integers(len(SPAWNS))), "character": str(rng.choice(CHARACTERS))}
        world = int(rng.integers(2**31))
        goal = wanted if pad is None else pad
        script = kind.build(Temper.draw(rng, **kind.knobs), rng, goal)
        options |= {name: value for name, value in (("spawn", spawn), ("character", character)) if value is not None}
        aim = goal if kind.goes_for else None
        return Play(Start(world, options), attempt, index=index, kind=kind.name, script=script, pad=aim)

    return Scripts(draw)
