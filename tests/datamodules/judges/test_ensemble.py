from pathlib import Path

import numpy as np

from padzoo.datamodules.judges.ensemble import MEMBERS, Ensemble, disagreement, fit, looks, sigmoid
from padzoo.datamodules.sets.shard_set import ShardSet


def test_a_linear_model_is_found_again() -> None:
    rng = np.random.default_rng(0)
    truth = np.array([2.0, -1.0, 0.5])
    differences = rng.normal(size=(4000, 3))
    won = rng.random(4000) < sigmoid(differences @ truth)
    np.testing.assert_allclose(fit(np.where(won[:, None], differences, -differences)), truth, atol=0.2)


def test_looks_tell_clips_apart(shards: Path) -> None:
    found = looks(ShardSet(shards))
    assert found.shape[0] == 24
    np.testing.assert_allclose(found.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(found.std(axis=0), 1, atol=1e-6)


def test_members_agree_on_what_lies_far_apart(shards: Path) -> None:
    rng = np.random.default_rng(0)
    drawn = [sorted(rng.permutation(24)[:2].tolist(), reverse=True) for _ in range(60)]  # the greener, the better
    scores = Ensemble(looks(ShardSet(shards))).scores([[(winner, loser)] for winner, loser in drawn])
    assert scores.shape == (MEMBERS, 24)
    assert np.corrcoef(np.argsort(scores.mean(axis=0)), np.arange(24))[0, 1] > 0.8
    near, far = disagreement(scores, np.array([[11, 12], [0, 23]]))
    assert 0 <= far < near <= 0.5
