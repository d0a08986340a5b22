"""The data module of online play: what it hands out are episodes to play."""

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from torch.utils.data import DataLoader, Dataset

from padzoo.core.episode import Episode, episodes, stream
from padzoo.datamodules.loader import loader
from padzoo.datamodules.module import ZooDataModule


class EpisodeStream(Dataset[list[Episode]]):
    """Batches of training episodes without end.

    Args:
        seed: Seed of the episodes.
        batch_size: Episodes a batch.
        group: Episodes of every start, each with a draw of its own.
        options: The game's reset options.
    """

    def __init__(self, seed: int, batch_size: int, group: int, options: Mapping[str, Any]) -> None:
        self._seed, self._options = seed, options
        self._starts, self._group = batch_size // group, group

    def __getitem__(self, number: int) -> list[Episode]:
        numbered = stream(self._seed, "train", self._options, number * self._starts)
        first = list(islice(numbered, self._starts))
        return [Episode(episode.start, draw) for episode in first for draw in range(self._group)]


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
    """Episodes for online alignment, as RLHF draws prompts: starts of a game, in batches `list[Episode]`.

    Training is endless: give the trainer `max_steps`. Training, validation and test episodes never share a seed (see
    `padzoo.core.episode.stream`).

    Args:
        seed: Seed of all episodes, 0 or more.
        batch_size: Episodes a batch; the paper has 16.
        group: Episodes of every training start, each with other draws of the policy, for aligners that compare them;
            `batch_size` is a multiple of it.
        val_episodes: Episodes to validate on, the same every time.
        test_episodes: Episodes to test on, the same every time.
        options: The game's reset options in all of them; the values of a list are taken in turn. On the command line
            they are those of `game`.
        predict: Folder of shards for `predict`.
    """

    def __init__(
        self,
        seed: int = 0,
        batch_size: int = 16,
        group: int = 1,
        val_episodes: int = 32,
        test_episodes: int = 200,
        options: dict[str, Any] | None = None,
        predict: str | None = None,
    ) -> None:
        super().__init__(predict)
        if batch_size < 1:
            raise ValueError(f"data.batch_size {batch_size}: allowed: 1 or more")
        if group < 1 or batch_size % group:
            raise ValueError(f"data.group {group}: allowed: a number that divides data.batch_size {batch_size}")
        self.seed = seed
        self.batch_size = batch_size
        self.group = group
        self.options = options or {}
        self.val = episodes(seed, val_episodes, "val", options)
        self.test = episodes(seed, test_episodes, "test", options)

    def train_dataloader(self) -> DataLoader[Any]:
        """Yields batches of new episodes without end."""
        return loader(EpisodeStream(self.seed, self.batch_size, self.group, self.options), sampler=self.counting)

    def reading(self) -> dict[str, Any]:
        """Returns what decides the order of the training episodes."""
        settings = {f"data.{name}": getattr(self, name) for name in ("seed", "batch_size", "group", "options")}
        return super().reading() | settings

    def val_dataloader(self) -> DataLoader[Any]:
        """Yields the validation episodes, the same every time."""
        return loader(EpisodeList(self.val, self.batch_size))

    def test_dataloader(self) -> DataLoader[Any]:
        """Yields the test episodes, the same every time."""
        return loader(EpisodeList(self.test, self.batch_size))
