"""The agents of a study: which ones a preset makes, and what their names say."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from values import Json

ALIGNED: Final = re.compile(
    r"aligned_(?P<start>[a-z]+)_(?P<side>left|right)_(?P<comparisons>[0-9]+)(?P<variant>_[a-z]+|)"
)


@dataclass(frozen=True)
class Agent:
    """One agent of a run.

    Args:
        size: Its network's size.
        seed: The seed that it was trained with.
        name: What it is, as the workflow names it.
    """

    size: str
    seed: int
    name: str


def names(preset: Json, patterns: Iterable[str]) -> list[str]:
    """Completes names with every side, every amount `n` of comparisons, and the `largest` one."""
    filled = (
        pattern.format(side=side, n=amount, largest=max(preset["comparisons"]))
        for pattern in patterns
        for side in preset["sides"]
        for amount in preset["comparisons"]
    )
    return list(dict.fromkeys(filled))


def wanted(preset: Json, kind: str) -> list[Agent]:
    """Returns everything that a preset's groups of agents list under a kind.

    Args:
        preset: The preset.
        kind: `train`, `evaluate`, `turned` (evaluated in that condition), `judge` (reward models, named `OF/SIDE`) or
            `watch`.
    """
    return [
        Agent(size, seed, name)
        for group in preset["agents"]
        for size in group["sizes"]
        for seed in group["seeds"]
        for name in names(preset, group.get(kind, []))
    ]


def amounts(preset: Json) -> list[int]:
    """Returns the amounts of comparisons whose reward models align agents."""
    found = [
        ALIGNED.fullmatch(agent.name)
        for kind in ("train", "evaluate", "turned", "watch")
        for agent in wanted(preset, kind)
    ]
    return sorted({int(match["comparisons"]) for match in found if match})
