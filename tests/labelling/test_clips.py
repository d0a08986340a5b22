from pathlib import Path

import pytest

from padzoo.datamodules.sets.shard_set import ShardSet
from padzoo.labelling.clips import Clips


def test_clips_are_read_once_and_kept_within_bounds(shards: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trajectories = ShardSet(shards)
    read: list[int] = []
    record = trajectories.record

    def count(row: int) -> object:
        read.append(row)
        return record(row)

    monkeypatch.setattr(trajectories, "record", count)
    sizes = [len(Clips(trajectories)[key]) for key in trajectories.keys[:3]]
    read.clear()
    clips = Clips(trajectories, memory=sizes[0] + sizes[1])
    first = clips[trajectories.keys[0]]
    assert int.from_bytes(first[:4], "little") == len(trajectories[0])
    read.clear()
    for row in (0, 1, 0, 2, 0, 1):
        assert len(clips[trajectories.keys[row]]) == sizes[row]
    assert read[0] == 1
    assert len(read) >= 3
    assert sum(map(len, clips._kept.values())) <= sizes[0] + sizes[1]
