import shutil
from pathlib import Path

import pytest
from micro import padzoo


def test_a_whole_set_is_told_so(shards: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert padzoo("verify", shards) == 0
    size = sum(path.stat().st_size for path in shards.glob("*.tar"))
    assert f"{shards}: 6 of 6 shards, 24 trajectories, {size:,} bytes: all as written" in capsys.readouterr().out


def test_every_damaged_shard_is_named(shards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copy = Path(shutil.copytree(shards, tmp_path / "copy"))
    for name in ("000001.tar", "000004.tar"):
        data = bytearray((copy / name).read_bytes())
        data[1000] ^= 1  # within the first member's data
        (copy / name).write_bytes(data)
    assert padzoo("verify", copy) == 2
    told = capsys.readouterr()
    assert f"{copy}/000001.tar: damaged member 'pattern-004." in told.out
    assert f"{copy}/000004.tar: damaged member 'pattern-016." in told.out
    assert told.err == f"padzoo: error: {copy}: 2 damaged of 6 of 6 shards\n"


def test_trajectories_of_a_shard_that_is_cut_or_gone_are_named(
    shards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = Path(shutil.copytree(shards, tmp_path / "copy"))
    whole = (copy / "000001.tar").read_bytes()
    (copy / "000001.tar").write_bytes(whole[: len(whole) // 2])
    (copy / "000004.tar").unlink()
    assert padzoo("verify", copy) == 2
    told = capsys.readouterr()
    for name, key in (("000001.tar", "pattern-007"), ("000004.tar", "pattern-016"), ("000004.tar", "pattern-019")):
        assert any(line.startswith(f"{copy}/{name}: ") and f"'{key}'" in line for line in told.out.splitlines())
    assert told.err == f"padzoo: error: {copy}: 2 damaged of 6 of 6 shards\n"


def test_a_share_is_enough_where_time_is_short(shards: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert padzoo("verify", shards, "--share", 0.5) == 0
    assert "3 of 6 shards, 12 trajectories" in capsys.readouterr().out
    drawn = set()
    for seed in range(8):
        assert padzoo("verify", shards, "--share", 0.01, "--seed", seed) == 0
        drawn.add(capsys.readouterr().out.partition(" trajectories, ")[2])
    assert len(drawn) > 2  # of shards of different sizes
    assert padzoo("verify", shards, "--share", 0) == 2
    assert "--share 0.0: allowed: above 0 to 1" in capsys.readouterr().err
