import numpy as np
import pytest

from padzoo.envs.players.drift import Drift


def test_errors_have_their_size_and_last_their_time() -> None:
    drift = Drift(np.random.default_rng(0), size=2.0, steps=5.0, components=200)
    values = np.stack([drift.next() for _ in range(400)])
    assert values.std() == pytest.approx(2.0, rel=0.03)
    kept = (values[5:] * values[:-5]).mean() / values.var()
    assert kept == pytest.approx(np.exp(-1), abs=0.03), "after its time constant 1/e of an error is left"
