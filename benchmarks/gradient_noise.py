"""How much of REINFORCE's gradient is signal: `python benchmarks/gradient_noise.py POLICY REWARD FOLDER PAD`.

FOLDER holds episodes that POLICY played (`padzoo rollout`). Each gives a gradient of the head: its advantage times the
gradient of its log-probability. The mean over episodes is the signal, their spread the noise; the table has the ratio
for a batch of 16, for rewards as `zoo.reinforce` shapes them and, as the best there could be, for reaching PAD itself.
"""

import argparse

import numpy as np
import torch
from torch import Tensor

from datamodules.archive import Archive
from zoo import hub
from zoo.bradley_terry import win_rates
from zoo.nets.gamepad_distribution import GamepadDistribution
from zoo.nets.policy import Policy
from zoo.provenance import origin

BATCH = 16


def gradient(policy: Policy, frames: Tensor, actions: Tensor) -> Tensor:
    """Returns the gradient of an episode's log-probability by the head's weights, flat."""
    with torch.no_grad():
        features = policy.window_features(frames, actions)
    log_prob = GamepadDistribution(policy.head(features)).log_prob(actions).sum()
    return torch.cat([part.flatten() for part in torch.autograd.grad(log_prob, list(policy.head.parameters()))])


def ratio(advantages: Tensor, gradients: Tensor) -> float:
    """Returns signal over noise of the mean of a batch; 0 where the mean is within what noise alone would give."""
    terms = (advantages - advantages.mean())[:, None] * gradients  # (N, weights)
    noise = terms.var(0).sum()
    signal = terms.mean(0).square().sum() - noise / len(terms)
    return float((signal.clamp(min=0) * BATCH / noise).sqrt())


def bootstrap(advantages: Tensor, gradients: Tensor, draws: int = 200) -> tuple[float, float]:
    """Returns the quartiles of the ratio over halves of the episodes drawn at random."""
    rng = np.random.default_rng(0)
    halves = [torch.from_numpy(rng.permutation(len(advantages))[: len(advantages) // 2]) for _ in range(draws)]
    low, high = np.percentile([ratio(advantages[half], gradients[half]) for half in halves], [25, 75])
    return float(low), float(high)


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("policy", "reward", "folder", "pad"):
        parser.add_argument(name)
    given = parser.parse_args()
    policy, reward, archive = hub.load(given.policy, "policy"), hub.load(given.reward, "reward"), Archive(given.folder)
    episodes = [(torch.from_numpy(item.frames), torch.from_numpy(item.actions).long()) for item in archive]
    gradients = torch.stack([gradient(policy, *episode) for episode in episodes])
    with torch.no_grad():
        scores = torch.cat([reward.score(reward.features(*episode)[None]) for episode in episodes])
    outcomes = [item.meta["outcome"] for item in archive]
    success = torch.tensor([float(outcome == given.pad) for outcome in outcomes])
    ways = {"range": reward.normalize(scores), "win_rate": win_rates(scores), f"reaching {given.pad}": success}
    print(f"# Signal and noise of REINFORCE\n\n{origin()} {len(episodes)} episodes; a batch of {BATCH}.\n")
    print(
        "| reward | signal / noise | quartiles over halves | share of the noise by outcome |\n| --- | --- | --- | --- |"
    )
    for name, rewards in ways.items():
        weights = ((rewards - rewards.mean())[:, None] * gradients).square().sum(1)
        shares = {
            end: float(weights[[o == end for o in outcomes]].sum() / weights.sum()) for end in sorted(set(outcomes))
        }
        told = ", ".join(f"{end} {100 * share:.0f} %" for end, share in shares.items())
        low, high = bootstrap(rewards, gradients)
        print(f"| {name} | {ratio(rewards, gradients):.2f} | {low:.2f} to {high:.2f} | {told} |")


if __name__ == "__main__":
    main()
