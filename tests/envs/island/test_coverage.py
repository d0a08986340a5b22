import numpy as np
import pytest

from padzoo.envs.island.coverage import CELL, ENOUGH, OCTANTS, Coverage, visits, walkable
from padzoo.envs.island.plan import PADS


def test_a_cell_counts_once_it_was_seen_often_enough_in_that_direction() -> None:
    coverage = Coverage()
    cells = int(walkable().sum())
    assert 300 < cells < 500
    coverage.add(np.array([(10.0, 10.0, 0.0)] * (ENOUGH - 1)))
    assert coverage.share == 0
    coverage.add(np.array([(50.0, 50.0, 350.0), (10.0, 10.0, 90.0)]))  # the same cell, still east; and once north
    assert coverage.share == pytest.approx(1 / (cells * OCTANTS))
    assert coverage.octants.max() == 1
    assert coverage.frames == ENOUGH + 1


def test_who_stands_everywhere_and_looks_everywhere_covers_all_of_it() -> None:
    coverage = Coverage()
    left, right, bottom, top = coverage.extent
    x, y, heading = np.meshgrid(np.arange(left, right, CELL) + 1, np.arange(bottom, top, CELL) + 1, np.arange(8) * 45)
    coverage.add(np.repeat(np.stack([x.ravel(), y.ravel(), heading.ravel()], axis=1), ENOUGH, axis=0))
    assert coverage.share == 1
    assert set(np.unique(coverage.octants)) == {-1, OCTANTS}


def test_a_visit_is_counted_once_however_long_it_lasts() -> None:
    away, left, middle = (0.0, 1200.0, 0.0), (*PADS["left"], 0.0), (*PADS["middle"], 0.0)
    steps = [away] * 5 + [left] * 20 + [away] * 4 + [left] * 3 + [away] * 30 + [left] + [away] * 12 + [middle] * 2
    assert visits(np.array(steps)) == [(5, "left"), (62, "left"), (75, "middle")]


def test_a_recording_that_is_nowhere_changes_nothing() -> None:
    coverage = Coverage()
    coverage.add(np.zeros((0, 3)))
    assert (coverage.frames, coverage.share, coverage.visits.total()) == (0, 0, 0)
