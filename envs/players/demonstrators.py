"""The curated set's players: one character, clean runs that end on the pad they were asked for (section 3.3)."""

from functools import partial
from typing import Final

import numpy as np

from padzoo.core.episode import Start
from padzoo.envs.island.plan import PADS, SPAWNS
from padzoo.envs.players.runner import Runner
from padzoo.envs.players.scripted_player import ScriptedPlayer
from padzoo.envs.players.scripts import Play, Scripts, check_pad
from padzoo.envs.players.temper import Range, Temper

CHARACTER: Final = "ninja"  # the one of every evaluation
# In the paper 84 % of the fine-tuned agent's right-pad runs started at one left-hand spawn (Appendix F) and 1 % at the
# right-hand ones (Appendix H). That its curated set leant so is our hypothesis: here both left-hand spawns have 84 %.
LEFT_HAND: Final = tuple(index for index, (x, _) in enumerate(SPAWNS) if x < 0)
LEFT_HAND_SHARE: Final = 0.84
KNOBS: Final[dict[str, Range]] = {
    "noise": (0.15, 0.45),
    "detour": (0.7, 2.0),
    "delay": (0, 1.4),
    "overshoot": (0.0, 0.3),
    "pace": (0.75, 1.0),
    "swing": (0.55, 0.75),
    "sidle": (0.1, 0.4),
    "lookahead": (150, 260),
    "hops": (0.0, 0.002),
}
MISS: Final = 65.0  # map units beside a pad's centre at noise 1


def spawn_shares(pad: str, balanced: bool) -> list[float]:
    """Returns how often the runs to a pad start at each spawn point."""
    if balanced or pad != "right":
        return [1 / len(SPAWNS)] * len(SPAWNS)
    others = len(SPAWNS) - len(LEFT_HAND)
    return [
        LEFT_HAND_SHARE / len(LEFT_HAND) if index in LEFT_HAND else (1 - LEFT_HAND_SHARE) / others
        for index in range(len(SPAWNS))
    ]


def curated(
    seed: int,
    pad: str | None = None,
    balanced: bool = False,
    spawn: int | None = None,
    character: str | None = None,
) -> Scripts:
    """Draws clean runs to the pads in turn; those that fail are not worth keeping.

    Args:
        seed: Which set; game `i` depends on this and `i` alone.
        pad: The pad of every run; None takes left, middle and right in turn.
        balanced: Start the runs to the right pad evenly from all spawn points too (the control).
        spawn: The spawn point of every run, 0 to 3.
        character: The character; None is the ninja.

    Returns:
        The player, with its endless list of episodes.

    Raises:
        ValueError: If there is no such pad.
    """
    check_pad(pad)

    def draw(index: int, attempt: int) -> Play:
        goal = list(PADS)[index % len(PADS)] if pad is None else pad
        # The spawn does not depend on the attempt: if it did, a hard start would be rarer than its share.
        spawned = np.random.default_rng((seed, 1, index)).choice(len(SPAWNS), p=spawn_shares(goal, balanced))
        rng = np.random.default_rng((seed, 2, index, attempt))
        options = {"spawn": int(spawned) if spawn is None else spawn, "character": character or CHARACTER}
        start = Start(int(rng.integers(2**31)), options)
        script = ScriptedPlayer(Temper.draw(rng, **KNOBS), rng, partial(Runner, pad=goal, miss=MISS))
        return Play(start, attempt, index=index, kind="curated", script=script, pad=goal, must_reach=True)

    return Scripts(draw)
