from collections import Counter

import numpy as np
import pytest
import torch

from padzoo.core.gamepad import NEUTRAL
from padzoo.core.record import Record
from padzoo.core.trajectory import Trajectory
from padzoo.datamodules.windows import collate, disjoint_windows, kept_rows, random_windows


@pytest.fixture(scope="module")
def record(trajectories: list[Trajectory]) -> Record:
    return Record.encode(trajectories[2])


def test_the_filter_drops_wholly_neutral_steps_only(record: Record) -> None:
    rows = kept_rows(record.actions, filter_noops=True)
    neutral = [row for row, action in enumerate(record.actions.tolist()) if action == list(NEUTRAL)]
    assert 0 < len(neutral) < len(record)
    assert sorted([*rows, *neutral]) == list(range(len(record)))
    assert kept_rows(record.actions, filter_noops=False).tolist() == list(range(len(record)))


@pytest.mark.parametrize("context", [8, 32, 100])
def test_random_windows_are_whole_inside_and_cover_the_trajectory(record: Record, context: int) -> None:
    rows = kept_rows(record.actions, filter_noops=True)
    rng = np.random.default_rng(0)
    seen: Counter[int] = Counter()
    drawn = 0
    for _ in range(400):
        windows = list(random_windows(record, rows, context, rng))
        assert len(windows) == max(1, round(len(rows) / context))
        for window in windows:
            first = rows.tolist().index(window.rows[0])
            assert window.rows.tolist() == rows[first : first + context].tolist()
            assert len(window.rows) == min(context, len(rows))
            np.testing.assert_array_equal(window.actions, record.actions[window.rows])
            seen.update(window.rows.tolist())
        drawn += len(windows)
    least = min(1.0, context / (len(rows) + context - 1))  # every frame, the first and last too, is as likely as this
    assert min(seen[row] for row in rows.tolist()) > 0.8 * least * drawn
    assert len({window.seed for window in windows}) == len(windows)


def test_disjoint_windows_hold_every_step_once(record: Record) -> None:
    rows = kept_rows(record.actions, filter_noops=True)
    windows = list(disjoint_windows(record, rows, 8))
    assert np.concatenate([window.rows for window in windows]).tolist() == rows.tolist()
    assert {len(window.rows) for window in windows[:-1]} == {8}


def test_a_trajectory_without_actions_gives_no_window(record: Record) -> None:
    none = np.arange(0)
    assert not list(random_windows(record, none, 8, np.random.default_rng(0)))
    assert not list(disjoint_windows(record, none, 8))


def test_a_batch_is_padded_at_the_end_and_masked(record: Record) -> None:
    rows = np.arange(20)
    batch = collate(list(disjoint_windows(record, rows, 16)), (16, 64, 64))
    assert batch["frames"].shape == (2, 16, 64, 64, 3)
    assert (batch["frames"].dtype, batch["actions"].dtype, batch["mask"].dtype) == (
        torch.uint8,
        torch.int64,
        torch.bool,
    )
    assert batch["mask"].tolist() == [[True] * 16, [True] * 4 + [False] * 12]
    decoded = record.decode().frames
    np.testing.assert_array_equal(batch["frames"][1, :4].numpy(), decoded[16:20])
    np.testing.assert_array_equal(batch["actions"][1, :4].numpy(), record.actions[16:20])
    assert not batch["frames"][1, 4:].any()
    assert (batch["actions"][1, 4:] == torch.tensor(NEUTRAL)).all()
