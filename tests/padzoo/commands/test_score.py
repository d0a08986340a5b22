import json
from pathlib import Path

import numpy as np
import pytest
import torch
from micro import padzoo

from padzoo.datamodules.judges import preference
from padzoo.datamodules.judges.preference import Preference
from padzoo.datamodules.sets.shard_set import ShardSet
from padzoo.zoo import hub
from padzoo.zoo.nets.reward import RewardNet


@pytest.fixture(scope="module")
def best(shards: Path, reward: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("score") / "best"
    assert padzoo("score", shards, "--reward", reward, "--top", 0.25, "--out", out) == 0
    return out


def test_the_best_are_kept_as_they_were(best: Path, shards: Path, reward: Path) -> None:
    everything, kept = ShardSet(shards), ShardSet(best)
    rewards = json.loads((best / "rewards.json").read_text())
    assert tuple(rewards) == everything.keys
    net = hub.load(reward, "reward")
    assert rewards[everything.keys[5]] == pytest.approx(float(net.reward([everything[5].frames])[0]), abs=1e-5)
    assert set(kept.keys) == set(sorted(rewards, key=lambda key: rewards[key])[-6:])
    for key in kept.keys:
        assert np.array_equal(kept[kept.rows[key]].frames, everything[everything.rows[key]].frames)
        assert kept[kept.rows[key]].meta == everything[everything.rows[key]].meta
    assert [path.name for path in best.parent.iterdir()] == ["best"]


def test_the_set_says_what_it_is_made_of(best: Path, shards: Path, reward: Path) -> None:
    expected = {"command": "score", "of": ShardSet(shards).manifest.fingerprint, "reward": hub.sha256(reward)}
    assert ShardSet(best).manifest.source == {**expected, "top": 0.25}


def test_all_are_kept_unless_told_otherwise_and_one_at_least(
    best: Path, reward: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, options, count in (("all", [], 6), ("one", ["--top", 0.01], 1)):
        assert padzoo("score", best, "--reward", reward, *options, "--out", tmp_path / name) == 0
        assert len(ShardSet(tmp_path / name)) == count
        assert f"{count} of 6 trajectories in {tmp_path / name}" in capsys.readouterr().out


def test_the_best_are_chosen_among_those_compared(
    shards: Path, reward: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = ShardSet(shards).keys[:4]
    file = tmp_path / "few.jsonl"
    preference.write(file, [Preference(keys[0], key, "left") for key in keys[1:]])
    options = ["--reward", reward, "--preferences", file, "--out", tmp_path / "best"]
    assert padzoo("score", shards, *options, "--top", 0.5) == 0
    rewards = json.loads((tmp_path / "best" / "rewards.json").read_text())
    assert set(ShardSet(tmp_path / "best").keys) == set(sorted(keys, key=lambda key: rewards[key])[-2:])
    assert ShardSet(tmp_path / "best").manifest.source["preferences"] == hub.sha256(str(file))
    preference.write(file, [Preference(keys[0], "nobody", "left")])
    assert padzoo("score", shards, "--reward", reward, "--preferences", file, "--out", tmp_path / "other") == 2
    assert f"few.jsonl: no trajectory 'nobody' in {shards}" in capsys.readouterr().err


def test_a_reward_that_is_no_number_is_refused(
    shards: Path, reward: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RewardNet, "reward", lambda *_: torch.tensor([float("nan")]))
    assert padzoo("score", shards, "--reward", reward, "--out", tmp_path / "best") == 2
    assert "its reward of trajectory 'pattern-000' is NaN or infinite" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
