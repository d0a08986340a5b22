import json
import shutil
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest
import torch

from padzoo.core.gamepad import NEUTRAL
from padzoo.core.trajectory import Trajectory
from padzoo.datamodules import demonstrations
from padzoo.datamodules.demonstrations import Demonstrations, HeldOut
from padzoo.datamodules.sets.shard_set import ShardSet
from padzoo.datamodules.sets.writer import ShardWriter


def build(shards: Path, **changes: Any) -> Demonstrations:
    settings: dict[str, Any] = {"batch_size": 4, "context": 16, "workers": 0, "shuffle": 20, "val_fraction": 0.25}
    data = Demonstrations(str(shards), **(settings | changes))
    data.setup("fit")
    return data


def draw(data: Demonstrations, count: int) -> list[dict[str, torch.Tensor]]:
    return list(islice(data.train_dataloader(), count))


def same(one: list[dict[str, torch.Tensor]], other: list[dict[str, torch.Tensor]]) -> bool:
    return len(one) == len(other) and all(
        torch.equal(left[name], right[name]) for left, right in zip(one, other, strict=True) for name in left
    )


@pytest.mark.parametrize("cache", [False, True])
@pytest.mark.parametrize("workers", [0, 2])
def test_the_seed_decides_the_stream(shards: Path, workers: int, cache: bool) -> None:
    first = draw(build(shards, workers=workers, cache=cache), 25)  # more than a pass
    assert same(first, draw(build(shards, workers=workers, cache=cache), 25))
    assert not same(first, draw(build(shards, workers=workers, cache=cache, seed=1), 25))
    assert not same(first[:8], first[8:16])
    for batch in first:
        assert batch["frames"].shape == (4, 16, 64, 64, 3)
        assert batch["actions"].shape == (4, 16, 16)
        assert not (batch["actions"] == torch.tensor(NEUTRAL)).all(-1)[batch["mask"]].any()


@pytest.mark.parametrize("cache", [False, True])
@pytest.mark.parametrize("workers", [0, 1, 2])
def test_every_trajectory_is_trained_on_or_held_out(
    shards: Path, pictures: SimpleNamespace, workers: int, cache: bool
) -> None:
    data = build(shards, workers=workers, cache=cache, augment=False)
    trained = {int(index) for batch in draw(data, 60) for index in pictures.indices(batch["frames"][:, 0].numpy())}
    held_out = {
        int(index) for batch in data.val_dataloader() for index in pictures.indices(batch["frames"][:, 0].numpy())
    }
    assert trained | held_out == set(range(24))
    assert not trained & held_out
    assert 2 <= len(held_out) <= 10


def test_frames_stay_with_their_actions(shards: Path, pictures: SimpleNamespace) -> None:
    for batch in draw(build(shards, augment=False, workers=1), 10):
        mask = batch["mask"].numpy()
        frames = batch["frames"].numpy()[mask]
        np.testing.assert_array_equal(pictures.left_stick(frames), batch["actions"].numpy()[mask][:, 12:14])


def test_augmentation_changes_frames_only(shards: Path) -> None:
    plain, changed = draw(build(shards, augment=False), 5), draw(build(shards), 5)
    for one, other in zip(plain, changed, strict=True):
        assert torch.equal(one["actions"], other["actions"])
        assert torch.equal(one["mask"], other["mask"])
        assert not torch.equal(one["frames"], other["frames"])


@pytest.mark.parametrize("workers", [0, 1])
def test_an_accelerator_augments_what_the_readers_would(
    shards: Path, monkeypatch: pytest.MonkeyPatch, workers: int
) -> None:
    expected, plain = draw(build(shards), 5), draw(build(shards, augment=False), 5)
    monkeypatch.setattr(Demonstrations, "_accelerated", True)
    data = build(shards, workers=workers)
    batches = draw(data, 5)
    assert all(torch.equal(one["frames"], other["frames"]) for one, other in zip(batches, plain, strict=True))
    assert same([data.on_after_batch_transfer(batch, 0) for batch in batches], expected)
    assert same(draw(build(shards, augment=False), 5), plain)
    assert not any("seeds" in batch for batch in data.val_dataloader())


@pytest.mark.parametrize("workers", [0, 2])
def test_validation_is_exact_and_the_same_every_time(
    shards: Path, workers: int, trajectories: list[Trajectory]
) -> None:
    data = build(shards, val=str(shards), workers=workers)
    first, again = list(data.val_dataloader()), list(data.val_dataloader())
    assert same(first, again)
    assert same(first, list(build(shards, val=str(shards), workers=0, seed=9).val_dataloader()))
    pressed = sum(int((trajectory.actions != NEUTRAL).any(axis=1).sum()) for trajectory in trajectories)
    assert sum(int(batch["mask"].sum()) for batch in first) == pressed


def test_a_fraction_of_nothing_means_no_validation(shards: Path) -> None:
    assert list(build(shards, val_fraction=0.0).val_dataloader()) == []


def test_validating_on_nothing_is_refused(shards: Path) -> None:
    with pytest.raises(ValueError, match=r"^data\.val None and data\.val_fraction 0\.0: allowed: a folder"):
        build(shards, val_fraction=0.0).setup("validate")


def test_what_the_first_validation_would_find_is_found_before(shards: Path, tmp_path: Path) -> None:
    (one, *_) = ShardSet(shards)
    still = Trajectory("still", one.frames, np.tile(np.int8(NEUTRAL), (len(one), 1)), None, {})
    small = Trajectory("small", one.frames[:, :32, :32].copy(), one.actions, None, {})
    for held_out, message in (
        (still, "no step whose action is not neutral"),
        (small, "frames of 32 x 32; allowed: of 6"),
    ):
        with ShardWriter(tmp_path / held_out.key, source={}) as writer:
            writer.write(held_out)
        with pytest.raises(ValueError, match=message):
            build(shards, val=str(tmp_path / held_out.key)).setup("fit")
    with pytest.raises(ValueError, match=r"data\.cache_dir .*: allowed: with data\.cache true"):
        build(shards, cache_dir=str(tmp_path))


def test_only_ranks_of_this_machine_share_its_memory(shards: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(demonstrations, "check_shared_memory", lambda needed, *_: asked.append(needed))
    data = build(shards, workers=1)
    for nodes in (1, 32):
        data.trainer = Mock(num_devices=1, world_size=nodes, global_rank=0)
        monkeypatch.setattr(data, "_check_steps", lambda *_: None)
        data.cache = True
        data.setup("fit")
    assert asked[0] == asked[1] > 0


def test_a_set_to_train_on_is_asked_for_only_where_it_is_used(shards: Path) -> None:
    data = Demonstrations(predict=str(shards))
    data.setup("predict")
    assert len(list(data.predict_dataloader())) == 24
    for stage in ("fit", "validate", "test"):
        with pytest.raises(ValueError, match=r"^data\.train None: allowed: a folder of shards"):
            data.setup(stage)
    apart = Demonstrations(val=str(shards), workers=0)
    apart.setup("validate")
    assert list(apart.val_dataloader())


def test_what_is_tested_on_is_what_is_held_out(shards: Path) -> None:
    data = build(shards, val_fraction=0.5)
    held_out = [batch["actions"] for batch in data.val_dataloader()]
    for batch, expected in zip(data.test_dataloader(), held_out, strict=True):
        assert torch.equal(batch["actions"], expected)


def test_prediction_goes_over_whole_trajectories(shards: Path) -> None:
    data = build(shards, predict=str(shards))
    assert [trajectory.key for trajectory in data.predict_dataloader()] == [f"pattern-{n:03d}" for n in range(24)]
    with pytest.raises(ValueError, match=r"data\.predict None: allowed: a folder of shards"):
        build(shards).predict_dataloader()


def test_more_readers_than_shards_are_refused_before_training(shards: Path) -> None:
    with pytest.raises(ValueError, match="6 shards for 1 ranks x 7 workers; allowed: at most as many readers"):
        build(shards, workers=7)
    build(shards, workers=7, cache=True)


def test_bad_input_is_named(shards: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="nowhere: no such folder"):
        build(tmp_path / "nowhere")
    copy = Path(shutil.copytree(shards, tmp_path / "copy"))
    (copy / "000004.tar").unlink()
    with pytest.raises(ValueError, match=r"000004\.tar: the shard is missing"):
        build(copy)
    index = json.loads((shards / "index.json").read_text())
    (copy / "index.json").write_text(json.dumps(index | {"schema": "keyboard-v3"}))
    with pytest.raises(ValueError, match=r"copy.*index\.json: action schema 'keyboard-v3' is not supported"):
        build(shards, val=str(copy))
    for name in ("batch_size", "context", "shuffle"):
        with pytest.raises(ValueError, match=f"data.{name} 0: allowed: 1 or more"):
            build(shards, **{name: 0})
    with pytest.raises(ValueError, match=r"data\.val_fraction 1\.5: allowed: 0 to below 1"):
        build(shards, val_fraction=1.5)


@pytest.mark.parametrize("cache", [False, True])
def test_a_set_of_idlers_ends_in_a_message_not_in_a_hang(
    trajectories: list[Trajectory], tmp_path: Path, cache: bool
) -> None:
    idle = np.tile(np.asarray(NEUTRAL, dtype=np.int8), (len(trajectories[0]), 1))
    with ShardWriter(tmp_path / "idle", source={}) as writer:
        writer.write(Trajectory("idler", trajectories[0].frames, idle, None, {}))
    with pytest.raises(ValueError, match="idle: 1 of 1 shards have no step to learn from"):
        draw(build(tmp_path / "idle", cache=cache, val_fraction=0.0), 1)


def write(folder: Path, trajectories: list[Trajectory]) -> Path:
    with ShardWriter(folder, source={}, trajectories_per_shard=4) as writer:
        for trajectory in trajectories:
            writer.write(trajectory)
    return folder


def first_indices(pictures: SimpleNamespace, batches: Iterable[dict[str, torch.Tensor]]) -> set[int]:
    return {int(index) for batch in batches for index in pictures.indices(batch["frames"][:, 0].numpy())}


@pytest.mark.parametrize("fraction", [1e-9, 0.05, 0.999_999])
def test_of_a_small_set_one_trajectory_is_held_out_and_one_is_left(
    trajectories: list[Trajectory], tmp_path: Path, pictures: SimpleNamespace, fraction: float
) -> None:
    data = build(write(tmp_path / "few", trajectories[:4]), val_fraction=fraction, augment=False)
    trained, held_out = first_indices(pictures, draw(data, 20)), first_indices(pictures, data.val_dataloader())
    assert trained | held_out == set(range(4))
    assert not trained & held_out
    assert len(trained if fraction > 0.5 else held_out) == 1


def test_a_fraction_that_splits_a_set_stays_as_it_is() -> None:
    keys = [f"pattern-{index:03d}" for index in range(24)]
    assert HeldOut.fit(0.25, keys) == 0.25
    assert 1 <= sum(map(HeldOut(0.25, held_out=True), keys)) <= 23


def test_one_trajectory_is_learnt_from_and_its_missing_validation_reported(
    trajectories: list[Trajectory], tmp_path: Path
) -> None:
    folder = write(tmp_path / "one", trajectories[:1])
    with pytest.warns(UserWarning, match="one: nothing of one trajectory is held out; there is no validation"):
        data = build(folder)
    assert len(draw(data, 2)) == 2
    assert list(data.val_dataloader()) == []
    with pytest.raises(ValueError, match=r"data\.val None and data\.val_fraction 0\.25: allowed: a folder of shards"):
        data.setup("validate")


def test_readers_who_may_find_nothing_are_refused_before_training(
    trajectories: list[Trajectory], tmp_path: Path
) -> None:
    idle = np.tile(np.asarray(NEUTRAL, dtype=np.int8), (len(trajectories[0]), 1))
    idlers = [Trajectory(f"idler-{index}", trajectories[0].frames, idle, None, {}) for index in range(4)]
    folder = write(tmp_path / "half", [*trajectories[:4], *idlers])
    with pytest.raises(ValueError, match="half: 1 of 2 shards have no step to learn from, too many for 2 readers"):
        build(folder, workers=2)
    assert len(draw(build(folder, workers=1), 2)) == len(draw(build(folder, workers=2, cache=True), 2)) == 2
