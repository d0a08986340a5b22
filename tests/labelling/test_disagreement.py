import time
from pathlib import Path

import numpy as np

from padzoo.datamodules.judges.judgement import Judgement
from padzoo.datamodules.sets.shard_set import ShardSet
from padzoo.labelling.disagreement import MEMBERS, Disagreement, fit, looks, sigmoid


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


def test_clips_that_were_not_told_apart_are_the_most_uncertain(shards: Path) -> None:
    trajectories = ShardSet(shards)
    disagreement = Disagreement(trajectories)
    while not disagreement._looks.done():
        time.sleep(0.01)
    rng = np.random.default_rng(0)
    rounds = []
    for number in range(30):  # the greener, the better
        rows = sorted(rng.permutation(24)[:4].tolist(), reverse=True)
        clips = [trajectories.keys[row] for row in rows]
        rounds.append(Judgement(str(number), clips, "ranked", [1, 2, 3, 4], "ann", "now", 1.0))
    keys = trajectories.keys
    near, far = [keys[11], keys[12]], [keys[0], keys[23]]
    assert disagreement(rounds[:4], [near, far]) is None
    scores = disagreement(rounds, [near, far])
    assert scores is not None
    assert 0 <= scores[1] < scores[0] <= 0.5
    members = disagreement._ensemble(rounds)
    assert members.shape == (MEMBERS, 24)
    order = np.argsort(members.mean(axis=0))
    assert np.corrcoef(order, np.arange(24))[0, 1] > 0.8
