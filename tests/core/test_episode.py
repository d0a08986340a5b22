from dataclasses import replace
from itertools import islice

import pytest

from padzoo.core.episode import SPLITS, Start, episodes, stream


def test_the_same_start_can_be_played_with_other_draws() -> None:
    (episode,) = episodes(0, 1, options={"spawn": 2})
    other = replace(episode, draw=1)
    assert other != episode
    assert other.start == episode.start == Start(3, {"spawn": 2})


def test_splits_and_seeds_never_share_an_episode() -> None:
    lists = [{item.start.seed for item in episodes(seed, 3000, split)} for seed in (0, 1, 2, 535) for split in SPLITS]
    assert {len(found) for found in lists} == {3000}
    assert len(set.union(*lists)) == 3000 * len(lists)
    assert max(map(max, lists)) < 2**31
    assert {item.start.seed % 4 for item in episodes(7, 50, "test")} == {SPLITS.index("test")}


def test_the_first_episodes_are_the_same_however_many_are_drawn() -> None:
    assert episodes(5, 100)[:10] == episodes(5, 10) == list(islice(stream(5), 10))
    assert episodes(5, 10) != episodes(6, 10)


def test_the_values_of_a_list_are_taken_in_turn() -> None:
    starts = [item.start.options for item in episodes(0, 3, options={"spawn": [2, 0], "character": "elf"})]
    assert starts == [{"spawn": spawn, "character": "elf"} for spawn in (2, 0, 2)]
    assert [item.start.options for item in episodes(0, 2)] == [{}, {}]


def test_bad_arguments_are_named() -> None:
    with pytest.raises(ValueError, match="episodes 0: allowed: 1 or more"):
        episodes(0, 0)
    with pytest.raises(ValueError, match="seed -1: allowed: 0 or more"):
        episodes(-1, 5)
    with pytest.raises(ValueError, match="split 'exam': allowed: train, val, test, play"):
        episodes(0, 5, "exam")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"option spawn \[\]: allowed: at least one"):
        episodes(0, 5, options={"spawn": []})
