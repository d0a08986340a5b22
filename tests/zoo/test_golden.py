"""Ten updates of each module on fixed data (CPU, float32): an accidental change of what is learnt shows here."""

from collections.abc import Iterator
from itertools import cycle, pairwise
from pathlib import Path
from typing import Any

import pytest
import torch
from micro import column, fit, logged

from padzoo.core.episode import Episode, Start
from padzoo.core.record import Record
from padzoo.datamodules.sets.shard_set import ShardSet
from padzoo.envs.rollout import Rollout
from padzoo.zoo.learn.reinforce import Reinforce
from padzoo.zoo.nets.policy import Policy
from padzoo.zoo.play.agent import Thought

GOLDEN: dict[str, list[float]] = {
    "policy": [17.8542, 16.4712, 15.3729, 14.2577, 13.0531, 11.7454, 10.4038, 9.1531, 8.06947, 7.1277],
    "streaming": [17.9488, 16.6367, 15.7128, 14.6878, 13.5598, 12.263, 10.9384, 9.64623, 8.46421, 7.40805],
    "reward": [0.690847, 0.696516, 0.660399, 0.679107, 0.629442, 0.586478, 0.6839, 0.558082, 0.623694, 0.591263],
    "reinforce": [168.464, 189.506, 225.427, 298.466, 274.577, 220.665, 287.564, 219.08, 293.931, 301.978],
}


def losses(experiment: str, stage: str, root: Path, *arguments: object) -> Any:
    fit(experiment, stage, root, "--trainer.max_steps", 10, *arguments, *logged(root))
    return pytest.approx(column(root, "train/loss"), rel=3e-3)  # kernels of other processors round otherwise


@pytest.mark.parametrize(("golden", "trunk"), [("policy", "gpt2"), ("streaming", "streaming")])
def test_behavior_cloning(shards: Path, tmp_path: Path, golden: str, trunk: str) -> None:
    learning = ["--model.trainable", "all", "--model.lr", 1e-3, "--data.augment", "true", "--model.trunk", trunk]
    assert losses("policy", "prefft", tmp_path, "--data.train", shards, *learning) == GOLDEN[golden]


def test_reward_model(shards: Path, preferences: Path, policy: Path, tmp_path: Path) -> None:
    data = ["--data.train", shards, "--data.train_preferences", preferences, "--model.policy", policy]
    assert losses("reward", "reward", tmp_path, *data, "--model.shift", 5) == GOLDEN["reward"]


def replay(record: Record, policy: Policy) -> Rollout:
    """A stored trajectory as if the policy had just played it."""
    with torch.no_grad():
        embeddings = policy.embed(torch.from_numpy(record.decode().frames))
        notes = [Thought(*pair) for pair in zip(policy.features(embeddings), embeddings, strict=True)]
    ends = record.offsets.tolist()
    images = [record.data[start:stop] for start, stop in pairwise(ends)]
    info = {"outcome": record.meta["outcome"]}
    return Rollout(Episode(Start(0)), 0, {}, info, images=images, actions=record.actions, notes=notes)


def test_reinforce(shards: Path, policy: Path, reward: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = ShardSet(shards)
    rows = cycle(range(len(archive)))  # not played: one other action, and all that follows would be another episode

    def play(self: Reinforce, batch: list[Episode], seed: int = 0) -> Iterator[Rollout]:
        return (replay(archive.record(next(rows)), self.net) for _ in batch)

    monkeypatch.setattr(Reinforce, "play", play)
    given = ["--model.policy", policy, "--model.reward", reward, "--model.kl_weight", 0.1]
    assert losses("reinforce", "aligned", tmp_path, *given) == GOLDEN["reinforce"]
