import time
from pathlib import Path

import numpy as np

from padzoo.datamodules.judges.judgement import Judgement
from padzoo.datamodules.sets.shard_set import ShardSet
from padzoo.labelling.disagreement import Disagreement


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
