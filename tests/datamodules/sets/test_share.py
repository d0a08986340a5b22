from pathlib import Path

from padzoo.datamodules.sets.archive import Archive
from padzoo.datamodules.sets.share import Share


def test_ranks_share_what_is_predicted(shards: Path) -> None:
    parts = [[part[row].key for row in range(len(part))] for part in (Share(Archive(shards), r, 5) for r in range(5))]
    assert sorted(key for part in parts for key in part) == list(Archive(shards).keys)
