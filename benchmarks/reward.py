"""How fast reward models learn, in ratios measured in one run: `python benchmarks/reward.py` prints a table.

The paper's sizes: 1,000 trajectories of 100 steps with 1,024 features each, batches of 2,048 comparisons. Features are
random: the time does not depend on them. What is compared, one update each (forward, backward, AdamW):

* each pair: a loop that runs the whole network, `4m` encoder and all, on both trajectories of each pair, as libraries
  do whose reward models read observations; and the same on known features;
* both ends: both trajectories of each of 2,048 pairs, in one batch;
* sampled: the distinct trajectories of the same pairs, each scored once (the same loss);
* all pairs: the 2,016 pairs of 64 trajectories, each scored once.

Where there is a GPU, features and network are on it.
"""

import time
from collections.abc import Callable
from statistics import median

import numpy as np
import torch
from torch import Tensor

from padzoo.core.provenance import origin, peak_memory
from padzoo.datamodules.comparison_batches import gather
from padzoo.zoo.learn.bradley_terry import bradley_terry_loss
from padzoo.zoo.nets.agent_features import AgentFeatures
from padzoo.zoo.nets.policy import Policy
from padzoo.zoo.nets.reward import RewardNet
from padzoo.zoo.nets.trajectory_reward import TrajectoryReward

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
TRAJECTORIES, STEPS, WIDTH = 1_000, 100, 1_024
PAIRS, GROUP, EPOCHS = 2_048, 64, 50
ROUNDS = 3


class Update:
    """Updates of one reward model's learnt layers.

    Args:
        width: Width of the features.
    """

    def __init__(self, width: int = WIDTH) -> None:
        torch.manual_seed(0)
        self.head = TrajectoryReward(width, STEPS).to(DEVICE)
        self.optimizer = torch.optim.AdamW(self.head.parameters(), lr=1e-4, fused=True)

    def __call__(self, loss: Tensor) -> float:
        """Learns from a loss and returns it."""
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        return loss.item()


def each_pair_of_frames(count: int) -> None:
    """Scores both trajectories of each pair from their frames, pair by pair."""
    policy = Policy("4m").to(DEVICE)
    update, net = Update(policy.width), RewardNet(AgentFeatures(policy)).to(DEVICE)
    frames = torch.zeros(2, STEPS, 128, 128, 3, dtype=torch.uint8, device=DEVICE)
    for _ in range(count):
        scores = [update.head(net.features(one)[None]) for one in frames]
        update(bradley_terry_loss(*scores))


def each_pair(features: Tensor, pairs: Tensor) -> None:
    """Scores both trajectories of each pair, pair by pair; one update for all."""
    update = Update()
    losses = [bradley_terry_loss(*(update.head(features[row][None].float()) for row in pair)) for pair in pairs]
    update(torch.stack(losses).mean())


def both_ends(features: Tensor, pairs: Tensor) -> float:
    """Scores both trajectories of each pair in one batch."""
    update = Update()
    scores = update.head(features[pairs.T.flatten()].float())
    return update(bradley_terry_loss(*scores.chunk(2)))


def distinct(features: Tensor, pairs: Tensor) -> float:
    """Scores each trajectory once."""
    update = Update()
    batch = gather(pairs.numpy(), slice(None))
    scores = update.head(features[batch["ids"]].float())
    return update(bradley_terry_loss(scores[batch["winners"]], scores[batch["losers"]]))


def seconds(call: Callable[[], object]) -> float:
    """Times a call."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def compare() -> None:
    """Measures in rounds and prints the table."""
    rng = np.random.default_rng(0)
    features = torch.randn(TRAJECTORIES, STEPS, WIDTH).half().to(DEVICE)
    pairs = torch.from_numpy(np.stack([rng.choice(TRAJECTORIES, 2, replace=False) for _ in range(PAIRS)]))
    group = torch.combinations(torch.arange(GROUP))
    torch.testing.assert_close(both_ends(features, pairs), distinct(features, pairs), rtol=1e-5, atol=1e-6)
    ways: dict[str, tuple[int, Callable[[], object]]] = {
        "each pair, frames, `4m`": (2, lambda: each_pair_of_frames(2)),
        "each pair, features": (32, lambda: each_pair(features, pairs[:32])),
        "both ends": (PAIRS, lambda: both_ends(features, pairs)),
        "sampled": (PAIRS, lambda: distinct(features, pairs)),
        "all pairs": (len(group), lambda: distinct(features, group)),
    }
    rates = {name: [count / seconds(call) for _ in range(ROUNDS)] for name, (count, call) in ways.items()}
    print("| way | comparisons/s |\n| --- | --- |")
    for name, found in rates.items():
        print(f"| {name} | {median(found):,.1f} |")
    print("\n| ratio | median | goal |\n| --- | --- | --- |")
    for one, other, goal in (
        ("sampled", "both ends", "4"),
        ("all pairs", "both ends", "50"),
        ("all pairs", "each pair, features", "-"),
        ("all pairs", "each pair, frames, `4m`", "1,000"),
    ):
        print(f"| {one} / {other} | {median(rates[one]) / median(rates[other]):,.1f} | {goal} |")
    comparisons = TRAJECTORIES * (TRAJECTORIES - 1) // 2
    minutes = EPOCHS * comparisons / median(rates["all pairs"]) / 60
    print(f"\n{EPOCHS} epochs of {comparisons:,} comparisons at that rate: {minutes:.0f} minutes; goal: under 40.")
    print(f"Peak memory, mostly of both ends: {peak_memory():.2f} GB.")


if __name__ == "__main__":
    torch.set_num_threads(1)
    print(f"## Reward models\n\n{origin()}")
    print(f"`python benchmarks/reward.py`: one thread, {ROUNDS} rounds\n")
    compare()
