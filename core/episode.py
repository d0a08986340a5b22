"""Episodes to play, drawn as RLHF draws prompts: where each starts, and which of a player's draws it takes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count as count_from
from itertools import islice
from typing import Any, Final, Literal, get_args

Split = Literal["train", "val", "test", "play"]
SPLITS: Final[tuple[Split, ...]] = get_args(Split)
STRIDE: Final = 1_000_003  # episodes of one seed before they run into the next seed's
NUMBERS: Final = 2**29  # so that seeds stay below 2**31, which every game takes


@dataclass(frozen=True)
class Start:
    """How a game begins: the same start is the same world, whoever plays.

    Args:
        seed: Seed of everything in the game, below 2**31.
        options: The game's reset options, such as `{"spawn": 0, "character": "ninja"}`.
    """

    seed: int
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Episode:
    """One episode to play.

    Args:
        start: How the game begins.
        draw: Which of the player's own draws it takes: the same start with another draw is another episode.
    """

    start: Start
    draw: int = 0


def stream(
    seed: int, split: Split = "play", options: Mapping[str, Any] | None = None, first: int = 0
) -> Iterator[Episode]:
    """Yields episodes without end, each with a start of its own.

    Episode i of seed s is number `n = s * 1,000,003 + i` (modulo 2**29) and has the seed `4 n + split`, where train,
    val, test and play are 0 to 3. So no two splits ever share an episode, nor do two seeds below 536 within their first
    1,000,003 episodes; and the first episodes are the same however many are drawn.

    Args:
        seed: Seed of the stream, 0 or more.
        split: What the episodes are for; `play` is for the commands.
        options: The game's reset options, for all of them; the values of a list are taken in turn.
        first: Number of the first one to yield.

    Raises:
        ValueError: If an argument is not allowed.
    """
    if seed < 0:
        raise ValueError(f"seed {seed}: allowed: 0 or more")
    if split not in SPLITS:
        raise ValueError(f"split {split!r}: allowed: {', '.join(SPLITS)}")
    for name, value in (options or {}).items():
        if value == []:
            raise ValueError(f"option {name} []: allowed: at least one value, or none given to let the game draw")
    return (
        Episode(Start((seed * STRIDE + index) % NUMBERS * len(SPLITS) + SPLITS.index(split), _turn(options, index)))
        for index in count_from(first)
    )


def episodes(seed: int, count: int, split: Split = "play", options: Mapping[str, Any] | None = None) -> list[Episode]:
    """Lists the first episodes of a stream; see `stream` for what the seeds are.

    Args:
        seed: Seed of the stream, 0 or more.
        count: How many, 1 or more.
        split: What the episodes are for; `play` is for the commands.
        options: The game's reset options, for all of them; the values of a list are taken in turn.

    Raises:
        ValueError: If an argument is not allowed.
    """
    if count < 1:
        raise ValueError(f"episodes {count}: allowed: 1 or more")
    return list(islice(stream(seed, split, options), count))


def _turn(options: Mapping[str, Any] | None, index: int) -> dict[str, Any]:
    return {
        name: value[index % len(value)] if isinstance(value, list) else value for name, value in (options or {}).items()
    }
