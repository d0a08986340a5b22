from itertools import islice
from typing import Any

import pytest

from padzoo.datamodules.episodes import Episodes


def drawn(**settings: Any) -> list[list[int]]:
    data = Episodes(batch_size=4, **settings)
    return [[episode.start.seed for episode in batch] for batch in islice(data.train_dataloader(), 5)]


def test_training_is_endless_new_and_decided_by_the_seed() -> None:
    first = drawn()
    assert first == drawn()
    assert first != drawn(seed=1)
    assert len({seed for batch in first for seed in batch}) == 20


def test_ranks_play_different_episodes_that_one_rank_would_play(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = drawn()
    monkeypatch.setattr(Episodes, "world", 2)
    for rank in (0, 1):
        monkeypatch.setattr(Episodes, "rank", rank)
        assert drawn()[:2] == expected[rank:4:2]


def test_training_resumes_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = drawn()
    monkeypatch.setattr(Episodes, "consumed", lambda self: 3)
    assert drawn()[:2] == expected[3:]


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
