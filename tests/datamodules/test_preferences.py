from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from padzoo.core.trajectory import Trajectory
from padzoo.datamodules.judges import preference
from padzoo.datamodules.judges.judge import compare
from padzoo.datamodules.judges.judgement import Judgement
from padzoo.datamodules.judges.judgement_file import JudgementFile
from padzoo.datamodules.judges.pairs import choose_pairs
from padzoo.datamodules.judges.preference import Preference
from padzoo.datamodules.preferences import Preferences
from padzoo.datamodules.sets.shard_set import ShardSet
from padzoo.datamodules.sets.writer import ShardWriter


@pytest.fixture(scope="module")
def files(shards: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("preferences")
    for name, count, seed in (("train", 66, 0), ("test", 190, 1)):
        preference.write(folder / f"{name}.jsonl", compare(ShardSet(shards), choose_pairs(24, count, seed), "left"))
    return folder


def build(shards: Path, files: Path, **changes: Any) -> Preferences:
    sources = {"test": str(shards), "test_preferences": str(files / "test.jsonl")}
    sources["train_preferences"] = str(files / "train.jsonl")
    data = Preferences(str(shards), **(sources | changes))
    data.setup("fit")
    data.setup("test")
    return data


@pytest.mark.parametrize("mode", ["sampled", "all_pairs"])
def test_batches_count_in_the_list_of_trajectories(shards: Path, files: Path, mode: str) -> None:
    data = build(shards, files, mode=mode, batch_size=8, batch_trajectories=6)
    known = {(item.winner, item.loser) for item in preference.read(files / "train.jsonl")}
    keys = [trajectory.key for trajectory in data.trajectories("train")]
    seen = set()
    for batch in islice(data.train_dataloader(), 80):
        assert len(set(batch["ids"].tolist())) == len(batch["ids"])
        winners, losers = batch["ids"][batch["winners"]], batch["ids"][batch["losers"]]
        seen |= {(keys[winner], keys[loser]) for winner, loser in zip(winners, losers, strict=True)}
    assert seen == known


def test_the_test_set_is_gone_over_once(shards: Path, files: Path) -> None:
    data = build(shards, files)
    batches = list(data.test_dataloader())
    assert sum(len(batch["winners"]) for batch in batches) == len(preference.read(files / "test.jsonl"))
    assert list(data.val_dataloader()) == []
    validated = build(shards, files, val_preferences=str(files / "test.jsonl"))
    assert [batch["ids"].tolist() for batch in validated.val_dataloader()] == [
        batch["ids"].tolist() for batch in batches
    ]


def test_other_preferences_are_another_training(shards: Path, files: Path) -> None:
    first, same = build(shards, files).reading(), build(shards, files).reading()
    other = build(shards, files, train_preferences=str(files / "test.jsonl")).reading()
    assert first == same
    assert {name for name, value in first.items() if other[name] != value} == {"data.train_preferences of sha256"}


def test_held_out_comparisons_say_which_are_within_a_category_if_all_do(shards: Path, tmp_path: Path) -> None:
    keys = ShardSet(shards).keys
    lines = [Preference(keys[0], keys[1], "x", same_category=True), Preference(keys[2], keys[1], "x", None, False)]
    known, unknown = tmp_path / "known.jsonl", tmp_path / "unknown.jsonl"
    preference.write(known, lines)
    preference.write(unknown, [*lines, Preference(keys[2], keys[0], "ann")])
    held_out = {"test": str(shards), "val_preferences": str(known), "test_preferences": str(unknown)}
    data = Preferences(str(shards), str(known), **held_out)
    (found,) = list(data.val_dataloader())
    assert found["same_category"].tolist() == [True, False]
    (found,) = list(data.test_dataloader())
    assert "same_category" not in found
    assert "same_category" not in next(iter(data.train_dataloader()))


def test_what_a_stage_does_without_is_not_asked_for(shards: Path, files: Path) -> None:
    folder, file = str(shards), str(files / "test.jsonl")
    held_out = Preferences(test=folder, test_preferences=file, val=folder, val_preferences=file, predict=folder)
    for stage in ("validate", "test", "predict"):
        held_out.setup(stage)
    assert len(list(held_out.test_dataloader())) == len(list(held_out.val_dataloader())) == 1
    for data, stage, message in (
        (held_out, "fit", r"^data\.train None: allowed: a folder of shards, with data\.train_preferences"),
        (Preferences(folder), "fit", r"^data\.train_preferences None: allowed: a file of preferences"),
        (Preferences(folder, file), "validate", r"^data\.val_preferences None: allowed: a file of preferences"),
        (Preferences(folder, file), "test", r"^data\.test None: allowed: a folder of shards"),
    ):
        with pytest.raises(ValueError, match=message):
            data.setup(stage)


def test_trajectories_are_those_of_the_folder(shards: Path, files: Path, trajectories: list[Trajectory]) -> None:
    data = build(shards, files)
    found = data.trajectories("test")
    assert len(found) == 24
    np.testing.assert_array_equal(found[5].actions, trajectories[5].actions)
    assert data.fingerprint("train") == ShardSet(shards).manifest.fingerprint


def test_an_unknown_trajectory_names_key_file_and_line(shards: Path, files: Path, tmp_path: Path) -> None:
    found = [*preference.read(files / "train.jsonl")[:3], Preference("pattern-001", "stranger", "left")]
    preference.write(tmp_path / "odd.jsonl", found)
    with pytest.raises(ValueError, match=r"odd\.jsonl, line 4: no trajectory 'stranger' in .*patterns"):
        build(shards, files, test_preferences=str(tmp_path / "odd.jsonl"))


def test_the_test_folder_decides_what_its_preferences_may_name(
    shards: Path, files: Path, trajectories: list[Trajectory], tmp_path: Path
) -> None:
    with ShardWriter(tmp_path / "few", source={}) as writer:
        writer.write(trajectories[0])
    with pytest.raises(ValueError, match=r"test\.jsonl, line 1: no trajectory"):
        build(shards, files, test=str(tmp_path / "few"))


def test_bad_arguments_are_named(shards: Path, files: Path, tmp_path: Path) -> None:
    cases: list[tuple[dict[str, Any], str]] = [
        ({"mode": "some"}, "data.mode 'some': allowed: sampled, all_pairs"),
        ({"batch_size": 0}, "data.batch_size 0: allowed: 1 or more"),
        ({"batch_trajectories": 1}, "data.batch_trajectories 1: allowed: 2 or more"),
        ({"test_preferences": None}, "data.test and data.test_preferences: allowed: both or neither"),
        ({"val": str(shards)}, "data.val .*: allowed: with data.val_preferences"),
        ({"test": str(tmp_path / "nowhere")}, "nowhere: no such folder"),
        ({"test_preferences": str(tmp_path / "nowhere.jsonl")}, "nowhere.jsonl: no such file"),
    ]
    for changes, message in cases:
        with pytest.raises(ValueError, match=message):
            build(shards, files, **changes)
    with pytest.raises(ValueError, match=r"data\.test None: allowed: a folder of shards"):
        Preferences(str(shards), str(files / "train.jsonl")).test_dataloader()


@pytest.mark.parametrize("mode", ["sampled", "all_pairs"])
def test_judgements_are_trained_on_by_labeller_with_ties_or_without(shards: Path, tmp_path: Path, mode: str) -> None:
    file, keys = JudgementFile(tmp_path / "labels.jsonl"), [f"pattern-{number:03d}" for number in (4, 7, 9)]
    file.append(Judgement("r0", keys, "ranked", [2, 1, 1], "ann", "now", 1.0))
    file.append(Judgement("r1", keys, "ranked", [1, 2, 3], "bob", "now", 1.0))
    source: dict[str, Any] = {"train_preferences": str(file.path), "mode": mode, "batch_size": 4}
    held_out = tmp_path / "held_out.jsonl"
    preference.write(held_out, [Preference(keys[0], keys[1], "left")])
    ann = {(7, 4): 1.0, (9, 4): 1.0}
    bob = {(4, 7): 1.0, (4, 9): 1.0, (7, 9): 1.0}
    for changes, wanted in (
        ({"labellers": ["ann"]}, ann),
        ({"labellers": ["bob"], "ties": "half"}, bob),
        ({"labellers": ["ann"], "ties": "half"}, ann | {(7, 9): 0.5, (9, 7): 0.5}),
    ):
        data = Preferences(str(shards), val=str(shards), val_preferences=str(held_out), **source, **changes)
        data.setup("fit")
        assert len(next(iter(data.val_dataloader()))["winners"]) == 1  # whoever said it
        found = {}
        for batch in islice(data.train_dataloader(), 4):
            weights = batch.get("weights", [1.0] * len(batch["winners"]))
            for winner, loser, weight in zip(batch["winners"], batch["losers"], weights, strict=True):
                found[int(batch["ids"][winner]), int(batch["ids"][loser])] = float(weight)
        assert found == wanted
    with pytest.raises(ValueError, match=r"data\.ties 'some': allowed: drop, half"):
        Preferences(ties="some")  # type: ignore[arg-type]


def test_a_winner_s_comparisons_in_one_ranking_are_one_stage(shards: Path, tmp_path: Path) -> None:
    file, keys = JudgementFile(tmp_path / "labels.jsonl"), [f"pattern-{number:03d}" for number in (4, 7, 9)]
    for name, ranks in (("r0", [2, 1, 3]), ("r1", [1, 2, 2])):
        file.append(Judgement(name, keys, "ranked", ranks, "ann", "now", 1.0))
    data = Preferences(str(shards), str(file.path), batch_size=5)
    data.setup("fit")
    batch = next(iter(data.train_dataloader()))
    winners, losers = batch["ids"][batch["winners"]], batch["ids"][batch["losers"]]
    found: dict[int, set[tuple[int, int]]] = {}
    for winner, loser, stage in zip(winners, losers, batch["stages"], strict=True):
        found.setdefault(int(stage), set()).add((int(winner), int(loser)))
    assert sorted(map(sorted, found.values())) == [[(4, 7), (4, 9)], [(4, 9)], [(7, 4), (7, 9)]]
