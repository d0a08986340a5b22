"""What the study of pre-training computes from counts of failures."""

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
RUNS = (10, 30, 100, 300)
SCRATCH = np.array([0.8, 0.6, 0.4, 0.2])  # failure after 10, 30, 100 and 300 runs


@pytest.fixture
def study(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("pretraining")


def test_a_multiplier_is_how_many_times_as_many_runs_fail_as_seldom(study: Any) -> None:
    found = study.multiplier(RUNS, np.array([0.6, 0.4, 0.2, 0.2]), SCRATCH)
    assert found == pytest.approx([3, 10 / 3, 3, 1])


def test_between_two_numbers_of_runs_failure_falls_along_their_logarithm(study: Any) -> None:
    assert study.multiplier(RUNS, np.array([0.7, 0.6, 0.4, 0.2]), SCRATCH)[0] == pytest.approx(3**0.5)


def test_beyond_the_curves_ends_there_are_bounds(study: Any) -> None:
    found = study.multiplier(RUNS, np.array([0.1, 0.9, 0.1, 0.1]), SCRATCH)
    assert [study.times(RUNS, factor, of) for factor, of in zip(found, RUNS, strict=True)] == [
        "over 30",
        "at most 0.33",
        "over 3",
        "over 1",
    ]


def test_a_curve_that_rises_again_by_chance_is_taken_as_flat(study: Any) -> None:
    rising = np.array([0.8, 0.3, 0.5, 0.2])
    found = study.multiplier(RUNS, np.array([0.3, 0.3, 0.3, 0.2]), rising)
    assert found[0] == pytest.approx(3)  # the fewest runs that fail as seldom


@pytest.mark.parametrize("lead", [1.0, 0.5])
def test_an_interval_holds_what_is_true(study: Any, lead: float) -> None:
    episodes = 400
    scratch = np.repeat(SCRATCH[:, None], 3, axis=1) * episodes
    middle, interval = study.bootstrap(RUNS, lead * scratch, scratch, episodes)
    assert middle == pytest.approx(study.multiplier(RUNS, lead * SCRATCH, SCRATCH))
    assert (interval[:3, 0] <= middle[:3]).all()
    assert (middle[:3] <= interval[:3, 1]).all()


def test_no_job_waits_for_the_pre_training_of_another(study: Any) -> None:
    agents = [(kind, runs, seed) for kind in study.START for runs in (0, *RUNS) for seed in range(3)]
    agents = sorted((each for each in agents if each[1] or each[0] in study.PRETRAINED), key=study.order)
    waits = [bool(runs) and kind in study.PRETRAINED for kind, runs, _ in agents]
    assert waits == sorted(waits)
    assert agents[0] == ("broad", 0, 0)
