from itertools import islice
from typing import Any

import pytest

from padzoo.datamodules.episodes import Episodes, EpisodeStream


def drawn(**settings: Any) -> list[list[int]]:
    data = Episodes(batch_size=4, **settings)
    return [[episode.start.seed for episode in batch] for batch in islice(data.train_dataloader(), 5)]


def test_training_is_endless_new_and_decided_by_the_seed() -> None:
    first = drawn()
    assert first == drawn()
    assert first != drawn(seed=1)
    assert len({seed for batch in first for seed in batch}) == 20


def test_ranks_play_different_episodes() -> None:
    parts = [EpisodeStream(0, 4, {}, rank, 2) for rank in range(2)]
    seeds = [[episode.start.seed for batch in islice(part, 3) for episode in batch] for part in parts]
    assert len(set(seeds[0]) | set(seeds[1])) == 24


def test_evaluation_is_the_same_every_time_and_apart_from_training() -> None:
    data = Episodes(batch_size=8, val_episodes=20, test_episodes=12, options={"spawn": [0, 3]})
    val, test = list(data.val_dataloader()), list(data.test_dataloader())
    assert list(map(len, val)) == [8, 8, 4]
    assert list(map(len, test)) == [8, 4]
    assert val == list(data.val_dataloader())
    assert test[0][1].start.options == {"spawn": 3}
    seeds = [{episode.start.seed for batch in batches for episode in batch} for batches in (val, test)]
    trained = {episode.start.seed for batch in islice(data.train_dataloader(), 50) for episode in batch}
    assert not seeds[0] & seeds[1]
    assert not (seeds[0] | seeds[1]) & trained


def test_bad_arguments_are_named() -> None:
    with pytest.raises(ValueError, match=r"data\.batch_size 0: allowed: 1 or more"):
        Episodes(batch_size=0)
    with pytest.raises(ValueError, match="episodes 0: allowed: 1 or more"):
        Episodes(test_episodes=0)
