from itertools import combinations
from pathlib import Path

import pytest
from micro import padzoo

from padzoo.datamodules.judges import preference
from padzoo.datamodules.sets.shard_set import ShardSet


@pytest.mark.usefixtures("own_modules")
def test_a_judge_of_ones_own_looks_at_frames(shards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "brighter.jsonl"
    options = ["--criterion", "judge.Brighter", "--comparisons", 276, "--out", out]
    assert padzoo("prefer", shards, *options) == 0
    ends = {trajectory.key: round(trajectory.frames[-1].mean()) for trajectory in ShardSet(shards)}
    alike = [pair for pair in combinations(ends, 2) if ends[pair[0]] == ends[pair[1]]]
    found = preference.read(out)
    assert len(found) == 276 - len(alike)
    assert 0 < len(alike) < 100
    assert all(ends[each.winner] > ends[each.loser] for each in found)
    assert {each.source for each in found} == {"judge.Brighter"}
    assert f"{len(found)} preferences in {out} ({len(alike)} ties, 0 abstentions)" in capsys.readouterr().out


@pytest.mark.usefixtures("own_modules")
def test_a_judge_that_is_not_there_is_said_in_one_line(
    shards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--comparisons", 3, "--out", tmp_path / "none.jsonl"]
    assert padzoo("prefer", shards, "--criterion", "judge.Darker", *options) == 2
    assert "judge 'judge.Darker': module judge has no 'Darker'" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
