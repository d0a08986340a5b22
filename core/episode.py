"""An episode to play: its seed, spawn and character, drawn as RLHF draws prompts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count as count_from
from itertools import islice
from typing import Any, Final, Literal, get_args

Split = Literal["train", "val", "test", "play"]
SPLITS: Final[tuple[Split, ...]] = get_args(Split)
STRIDE: Final = 1_000_003  # episodes of one seed before they run into the next seed's
NUMBERS: Final = 2**29  # so that seeds stay below 2**31, which every game takes


@dataclass(frozen=True)
class Episode:
    """One episode to play.

    Args:
        seed: Seed of the episode, below 2**31.
        spawn: Spawn point; None lets the game draw it from the seed, or suits games without spawn points.
        character: Character; None lets the game draw it, or suits games without characters.
    """

    seed: int
    spawn: int | None = None
    character: str | None = "ninja"

    def options(self) -> dict[str, Any]:
        """Returns the options for `env.reset`: only what is set."""
        wanted = {"spawn": self.spawn, "character": self.character}
        return {name: value for name, value in wanted.items() if value is not None}


def stream(
    seed: int,
    split: Split = "play",
    spawns: Sequence[int] | None = None,
    character: str | None = "ninja",
) -> Iterator[Episode]:
    """Yields episodes without end.

    Episode i of seed s is number `n = s * 1,000,003 + i` (modulo 2**29) and has the seed `4 n + split`, where train,
    val, test and play are 0 to 3. So no two splits ever share an episode, nor do two seeds below 536 within their first
    1,000,003 episodes; and the first episodes are the same however many are drawn.

    Args:
        seed: Seed of the stream, 0 or more.
        split: What the episodes are for; `play` is for the commands.
        spawns: Spawn points, taken in turn, so that each is played equally often; None lets the game draw.
        character: Character of all of them; None lets the game draw.
    """
    if seed < 0:
        raise ValueError(f"seed {seed}: allowed: 0 or more")
    if split not in SPLITS:
        raise ValueError(f"split {split!r}: allowed: {', '.join(SPLITS)}")
    if spawns is not None and not spawns:
        raise ValueError("spawns []: allowed: at least one spawn point, or none given to let the game draw")
    return (
        Episode(
            seed=(seed * STRIDE + index) % NUMBERS * len(SPLITS) + SPLITS.index(split),
            spawn=None if spawns is None else spawns[index % len(spawns)],
            character=character,
        )
        for index in count_from()
    )


def episodes(
    seed: int,
    count: int,
    split: Split = "play",
    spawns: Sequence[int] | None = None,
    character: str | None = "ninja",
) -> list[Episode]:
    """Lists the first episodes of a stream; see `stream` for what the seeds are.

    Args:
        seed: Seed of the stream, 0 or more.
        count: How many, 1 or more.
        split: What the episodes are for; `play` is for the commands.
        spawns: Spawn points, taken in turn; None lets the game draw.
        character: Character of all of them; None lets the game draw.

    Raises:
        ValueError: If an argument is not allowed.
    """
    if count < 1:
        raise ValueError(f"episodes {count}: allowed: 1 or more")
    return list(islice(stream(seed, split, spawns, character), count))
