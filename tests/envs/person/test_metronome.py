import time

import pytest

from padzoo.envs.person.metronome import Metronome


class Clock:
    """A clock that only sleeping and work move."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.now = 5.0
        patch.setattr(time, "perf_counter", lambda: self.now)
        patch.setattr(time, "sleep", self.work)

    def work(self, seconds: float) -> None:
        self.now += seconds


def test_beats_come_at_their_time_whatever_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    metronome = Metronome(0.1)
    beats = []
    for work in (0.03, 0.09, 0.0, 0.11, 0.05):  # 10 ms behind is made up for
        clock.work(work)
        metronome.wait()
        beats.append(clock.now)
    assert beats == pytest.approx([5.1, 5.2, 5.3, 5.41, 5.5])
    assert metronome.late == 0


def test_a_late_beat_is_counted_and_not_made_up_for(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    metronome = Metronome(0.1)
    beats = []
    for work in (0.05, 0.35, 0.05, 0.05):
        clock.work(work)
        metronome.wait()
        beats.append(clock.now)
    assert beats == pytest.approx([5.1, 5.45, 5.55, 5.65])
    assert metronome.late == 1
