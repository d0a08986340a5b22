"""What a policy's features know of where it is: `python benchmarks/probes.py SET NAME=POLICY...` prints a table.

Linear probes (Alain and Bengio 2016, https://arxiv.org/abs/1610.01644) read place, heading and the pad ahead from the
features of a policy's trunk, which are all that its head and a reward model of the agent encoder see. SET is recorded
matches, which show every place from everywhere. Probes are fitted on one half of the matches and tested on the other;
an untrained policy of the same size is the control.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from padzoo.core.provenance import origin
from padzoo.datamodules.sets.shard_set import ShardSet
from padzoo.envs.island.plan import PADS
from padzoo.zoo import hub
from padzoo.zoo.nets.policy import Policy

EVERY: Final = 5  # steps: neighbours say the same
AHEAD: Final = 30.0  # degrees to either side
PENALTY: Final = 1e-3
COLUMNS: Final = (
    "features of",
    "place, RMS error in map units",
    "its variance explained, %",
    "heading, median error in degrees",
    "pad ahead named, %",
)
UNTRAINED: Final = "untrained"


@dataclass(frozen=True)
class Found:
    """How well a place can be read.

    Args:
        place: Root mean square distance between where it is and where the probe says, in map units.
        explained: Share of the variance of the place that the probe explains.
        heading: Median error of the heading, in degrees.
        pad: Share of frames for which the probe names the pad ahead.
    """

    place: float
    explained: float
    heading: float
    pad: float


@dataclass(frozen=True)
class Half:
    """Frames of one half of the matches.

    Args:
        features: `(N, D)`.
        poses: x, y and heading in degrees, `(N, 3)`.
    """

    features: Tensor
    poses: NDArray[np.float64]

    @property
    def pads(self) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """The pad nearest to the middle of the view, `(N,)`, and whether it is ahead at all, `(N,)`."""
        ways = np.array(list(PADS.values()))[None] - self.poses[:, None, :2]  # (N, 3, 2)
        off = np.degrees(np.arctan2(ways[..., 1], ways[..., 0])) - self.poses[:, None, 2]
        off = np.abs((off + 180) % 360 - 180)
        return off.argmin(axis=1), off.min(axis=1) < AHEAD


@torch.inference_mode()
def halves(policy: Policy, matches: ShardSet, limit: int) -> list[Half]:
    """Computes a policy's features of the matches' even and odd ones."""
    found: list[list[tuple[Tensor, NDArray[np.float64]]]] = [[], []]
    for number, match in enumerate(matches):
        if number >= limit:
            break
        assert match.positions is not None, "allowed: a set with positions"
        features = policy.window_features(torch.from_numpy(match.frames), torch.from_numpy(match.actions).long())
        found[number % 2].append((features[::EVERY], match.positions[::EVERY].astype(np.float64)))
    return [Half(torch.cat([f for f, _ in half]), np.concatenate([p for _, p in half])) for half in found]


def linear(train: Tensor, targets: Tensor, test: Tensor) -> Tensor:
    """Fits ridge regression, and returns what it says of other features, `(M, K)`."""
    mean, spread = train.mean(0), train.std(0) + 1e-6
    left, right = ((each - mean) / spread for each in (train, test))
    gram = left.T @ left + PENALTY * len(left) * torch.eye(left.shape[1])
    return torch.as_tensor(right @ torch.linalg.solve(gram, left.T @ (targets - targets.mean(0))) + targets.mean(0))


def logistic(train: Tensor, labels: Tensor, test: Tensor) -> Tensor:
    """Fits logistic regression, and returns its choices for other features, `(M,)`."""
    mean, spread = train.mean(0), train.std(0) + 1e-6
    left, right = ((each - mean) / spread for each in (train, test))
    probe = nn.Linear(left.shape[1], len(PADS))
    optimizer = torch.optim.LBFGS(probe.parameters(), max_iter=100, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(probe(left), labels) + PENALTY * probe.weight.square().sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimizer.step(closure)  # type: ignore[no-untyped-call]
    with torch.no_grad():
        return torch.as_tensor(probe(right).argmax(1))


def probe(train: Half, test: Half) -> Found:
    """Fits the probes on one half and tests them on the other."""
    places = torch.from_numpy(train.poses[:, :2]).float()
    angles = torch.from_numpy(np.radians(train.poses[:, 2:])).float()
    said = linear(train.features, torch.cat([places / 1000, angles.cos(), angles.sin()], 1), test.features).numpy()
    miss = said[:, :2] * 1000 - test.poses[:, :2]
    variance = test.poses[:, :2] - train.poses[:, :2].mean(0)
    turned = np.degrees(np.arctan2(said[:, 3], said[:, 2])) - test.poses[:, 2]
    pads, ahead = train.pads
    theirs, seen = test.pads
    choices = logistic(train.features[ahead], torch.from_numpy(pads[ahead]), test.features[seen]).numpy()
    return Found(
        place=float(np.sqrt((miss**2).sum(1).mean())),
        explained=1 - float((miss**2).sum() / (variance**2).sum()),
        heading=float(np.median(np.abs((turned + 180) % 360 - 180))),
        pad=float((choices == theirs[seen]).mean()),
    )


def main() -> None:
    """Probes the policies."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("set", type=Path, help="Recorded matches.")
    parser.add_argument("policies", nargs="+", metavar="NAME=POLICY", help="A .ckpt, a folder or a name of the zoo.")
    parser.add_argument("--matches", type=int, default=120)
    given = parser.parse_args()
    named = dict(each.split("=", 1) for each in given.policies)
    nets = {name: hub.load(ref, "policy").eval() for name, ref in named.items()}
    torch.manual_seed(0)
    nets[UNTRAINED] = Policy(**next(iter(nets.values())).config).eval()
    matches = ShardSet(given.set)
    print(f"# What the features know\n\n{origin()}")
    print(f"`python benchmarks/probes.py SET NAME=POLICY... --matches {given.matches}`\n")
    rows = []
    for name, net in nets.items():
        train, test = halves(net, matches, given.matches)
        found = probe(train, test)
        shares = f"{100 * found.explained:.0f} | {found.heading:.0f} | {100 * found.pad:.1f}"
        rows.append(f"| {name} | {found.place:.0f} | {shares} |")
        pads, seen = test.pads
        always = np.bincount(pads[seen], minlength=3).max() / seen.sum()
    print(f"{len(train.features):,} frames to fit the probes, {len(test.features):,} to test them. A pad is ahead")
    print(f"within {AHEAD:.0f} degrees in {seen.sum():,} of these; the commonest is right in {100 * always:.1f} %.\n")
    print(f"| {' | '.join(COLUMNS)} |\n| --- | ---: | ---: | ---: | ---: |")
    print("\n".join(rows))


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
