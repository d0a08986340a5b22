"""How fast the launch island plays, against an earlier commit: `python benchmarks/game.py [COMMIT]` prints a table.

One game at a time, no network: episodes of 60 steps, about as long as a run to a pad, with their starts. The commit's
files are checked out beside, both play the same episodes in turn, and the ratios are of rounds side by side. A second
of a core is a second in which the game's process or the engine's computes: it hardly depends on what else is running.
"""

import argparse
import json
import os
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from checkout import HERE, checkout

from padzoo.core.provenance import origin

BEFORE = "3ae31d6"  # frames of 320 x 240 in colour, reduced in numpy
ROUNDS = 15
SIZES = (64, 128)

# What both commits run: it may use only what both have.
PLAYER = """
import json, sys, time
from pathlib import Path
import numpy as np
from padzoo.envs.island.launch_island import LaunchIsland

EPISODES, STEPS = 6, 60
env = LaunchIsland(size=int(sys.argv[1]), max_steps=1000)
env.reset(seed=0)
engines = env._engine.processes()


def core() -> float:
    spent = [int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) for pid in engines]
    return time.process_time() + sum(spent) / 1e9


def script(seed):
    rng = np.random.default_rng(seed)
    actions = np.zeros((STEPS, 16), np.int64)
    actions[:, 12:] = 5
    actions[:, 13] = 10
    actions[:, 14] = rng.integers(4, 7, STEPS // 5).repeat(5)
    return actions


for line in sys.stdin:
    first = int(line)
    scripts = [script(seed) for seed in range(first, first + EPISODES)]
    wall, spent, starts = time.perf_counter(), core(), 0.0
    for seed, actions in enumerate(scripts, first):
        start = core()
        env.reset(seed=seed)
        starts += core() - start
        for action in actions:
            env.step(action)
    found = {"wall": time.perf_counter() - wall, "core": core() - spent, "starts": starts}
    print(json.dumps({name: value / EPISODES / STEPS for name, value in found.items()}), flush=True)
env.close()
"""


@dataclass(frozen=True)
class Cost:
    """Seconds a step, starts shared out among the steps."""

    wall: float
    core: float
    starts: float


class Game:
    """A process that plays with the files of one commit."""

    def __init__(self, folder: Path, size: int) -> None:
        command = [sys.executable, "-c", PLAYER, str(size)]
        env = {**os.environ, "PYTHONPATH": str(folder), "OMP_NUM_THREADS": "1"}
        self._process = subprocess.Popen(
            command, cwd=folder, env=env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def play(self, first: int) -> Cost:
        """Plays some episodes from a seed on."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{first}\n")
        self._process.stdin.flush()
        return Cost(**json.loads(self._process.stdout.readline()))

    def close(self) -> None:
        """Ends the process."""
        self._process.communicate()


def compare(before: Path, size: int) -> list[tuple[Cost, Cost]]:
    """Plays in turn with the files of before and of now; returns what each round cost either."""
    with ExitStack() as stack:
        games = [Game(folder, size) for folder in (before, HERE)]
        for game in games:
            stack.callback(game.close)
            game.play(0)  # what is compiled and read once
        rounds = []
        for number in range(ROUNDS):
            old, new = (game.play(100 * number) for game in games)
            rounds.append((old, new))
        return rounds


def rate(values: list[float]) -> str:
    """Formats steps a second: median, least and greatest."""
    rates = [1 / value for value in values]
    return f"{median(rates):,.0f} | {min(rates):,.0f} to {max(rates):,.0f}"


def report(size: int, rounds: list[tuple[Cost, Cost]]) -> None:
    """Prints the rows of one size."""
    for what, name in (("a second of a core", "core"), ("a second", "wall")):
        old, new = ([getattr(side, name) for side in column] for column in zip(*rounds, strict=True))
        gains = [one / other for one, other in zip(old, new, strict=True)]
        ratio = f"**{median(gains):.2f}** ({min(gains):.2f} to {max(gains):.2f})"
        print(f"| {size} | {what} | {rate(old)} | {rate(new)} | {ratio} |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("commit", nargs="?", default=BEFORE)
    given = parser.parse_args()
    print(f"## The game alone\n\n{origin()}")
    print(f"`python benchmarks/game.py {given.commit}`: one game, {ROUNDS} rounds of episodes of 60 steps in turn\n")
    print("| pixels | steps in | before | least to greatest | now | least to greatest | now / before |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    starts = {}
    with checkout(given.commit) as before:
        for size in SIZES:
            rounds = compare(before, size)
            report(size, rounds)
            starts[size] = [median(cost.starts * 60e3 for cost in side) for side in zip(*rounds, strict=True)]
    old, new = starts[SIZES[0]]
    print(f"\nThe start of an episode takes {new:.1f} ms of a core, before {old:.1f}.")
