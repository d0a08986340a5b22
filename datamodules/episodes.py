"""The data module of online play: what it hands out are episodes to play."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from torch.utils.data import DataLoader, Dataset

from padzoo.core.episode import Episode, Split, episodes, stream
from padzoo.datamodules.loader import EndlessLoader, EndlessStream, loader
from padzoo.datamodules.module import ZooDataModule

__all__ = ["Episode", "EpisodeList", "EpisodeStream", "Episodes", "episodes"]


class EpisodeStream(EndlessStream):
    """Batches of training episodes without end; ranks take turns.

    Args:
        seed: Seed of the episodes.
        batch_size: Episodes a batch and rank.
        spawns: Spawn points, taken in turn; None lets the game draw.
        character: Character; None lets the game draw.
        rank: Rank of this process.
        world: How many ranks there are.
    """

    def __init__(
        self, seed: int, batch_size: int, spawns: Sequence[int] | None, character: str | None, rank: int, world: int
    ) -> None:
        self._arguments: tuple[int, Split, Sequence[int] | None, str | None] = (seed, "train", spawns, character)
        self._batch_size = batch_size
        self._rank, self._world = rank, world

    def __iter__(self) -> Iterator[list[Episode]]:
        together = self._batch_size * self._world
        numbered = islice(stream(*self._arguments), self.start * together, None)
        while batch := list(islice(numbered, together)):
            yield batch[self._rank * self._batch_size : (self._rank + 1) * self._batch_size]


class EpisodeList(Dataset[list[Episode]]):
    """A fixed list of episodes in batches; every rank plays all of them.

    Args:
        episodes: The episodes.
        batch_size: Episodes a batch; the last may hold fewer.
    """

    def __init__(self, episodes: Sequence[Episode], batch_size: int) -> None:
        self._batches = [list(episodes[start : start + batch_size]) for start in range(0, len(episodes), batch_size)]

    def __len__(self) -> int:
        return len(self._batches)

    def __getitem__(self, index: int) -> list[Episode]:
        return self._batches[index]


class Episodes(ZooDataModule):
    """Episodes for online alignment, as RLHF draws prompts: seed, spawn and character, in batches `list[Episode]`.

    Training is endless: give the trainer `max_steps`. Training, validation and test episodes never share a seed (see
    `padzoo.core.episode.stream`).

    Args:
        seed: Seed of all episodes, 0 or more.
        batch_size: Episodes a batch; the paper has 16.
        val_episodes: Episodes to validate on, the same every time.
        test_episodes: Episodes to test on, the same every time.
        spawns: Spawn points, taken in turn; None lets the game draw, or suits games without spawn points.
        character: Character; None lets the game draw, or suits games without characters.
        predict: Folder of shards for `predict`.
    """

    def __init__(
        self,
        seed: int = 0,
        batch_size: int = 16,
        val_episodes: int = 32,
        test_episodes: int = 200,
        spawns: list[int] | None = None,
        character: str | None = "ninja",
        predict: str | None = None,
    ) -> None:
        super().__init__(predict)
        if batch_size < 1:
            raise ValueError(f"data.batch_size {batch_size}: allowed: 1 or more")
        self.seed = seed
        self.batch_size = batch_size
        self.spawns = spawns
        self.character = character
        self.val = episodes(seed, val_episodes, "val", spawns, character)
        self.test = episodes(seed, test_episodes, "test", spawns, character)

    def train_dataloader(self) -> DataLoader[Any]:
        """Yields batches of new episodes without end."""
        stream = EpisodeStream(self.seed, self.batch_size, self.spawns, self.character, self.rank, self.world)
        return EndlessLoader(stream, 0, self.consumed)

    def reading(self) -> dict[str, Any]:
        """Returns what decides the order of the training episodes."""
        settings = {f"data.{name}": getattr(self, name) for name in ("seed", "batch_size", "spawns", "character")}
        return super().reading() | settings

    def val_dataloader(self) -> DataLoader[Any]:
        """Yields the validation episodes, the same every time."""
        return loader(EpisodeList(self.val, self.batch_size))

    def test_dataloader(self) -> DataLoader[Any]:
        """Yields the test episodes, the same every time."""
        return loader(EpisodeList(self.test, self.batch_size))
