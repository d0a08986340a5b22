from pathlib import Path

import pytest
from micro import padzoo

from padzoo.datamodules.judges import preference
from padzoo.datamodules.judges.preference import Preference
from padzoo.datamodules.sets.shard_set import ShardSet


def test_the_wanted_pad_wins_then_another_then_the_shorter(shards: Path, preferences: Path) -> None:
    about = {summary.key: summary for summary in ShardSet(shards).summaries()}
    found = preference.read(preferences)
    assert 95 <= len(found) <= 105  # of 105 pairs, some may be of equal rank
    for pair in found:
        ranks = []
        for key in (pair.winner, pair.loser):
            outcome = about[key].meta["outcome"]
            ranks.append(("none", "other", "left").index(outcome if outcome in ("none", "left") else "other"))
        assert ranks[0] > ranks[1] or (ranks[0] == ranks[1] and about[pair.winner].length < about[pair.loser].length)


def test_a_dotted_path_is_a_criterion_too(shards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "new" / "preferences.jsonl"
    options = ["--criterion", "criteria.later", "--comparisons", 3, "--seed", 1, "--out", out]
    assert padzoo("prefer", shards, *options) == 0
    found = preference.read(out)
    assert len(found) == 3
    for pair in found:
        assert pair == Preference(max(pair.winner, pair.loser), min(pair.winner, pair.loser), "criteria.later")
    assert capsys.readouterr().out == f"3 preferences in {out}\n"
    assert padzoo("prefer", shards, *options[:-2], "--out", tmp_path / "again.jsonl") == 0
    assert (tmp_path / "again.jsonl").read_text() == out.read_text()


def test_left_for_right_is_an_option(shards: Path, preferences: Path, tmp_path: Path) -> None:
    options = ["--criterion", "right", "--comparisons", 105, "--out", tmp_path / "right.jsonl"]
    assert padzoo("prefer", shards, *options) == 0
    left, right = preference.read(preferences), preference.read(tmp_path / "right.jsonl")
    turned = {(pair.winner, pair.loser) for pair in left} & {(pair.loser, pair.winner) for pair in right}
    assert turned  # left over right on one side, right over left on the other
    assert {pair.source for pair in right} == {"right"}
