"""How fast `tiny` plays and aligns, against an earlier commit: `python benchmarks/align.py [COMMIT]` prints a table.

Episodes of exactly 60 steps, about as long as a run to a pad: at a temperature of 100 nobody reaches one, and the
networks compute as ever. Every reading is the difference between a long command and a short one, so that starting does
not count; the code bases take turns, and the ratios are of rounds side by side. Each plays as many games at once as
suits it: 16 before, now 32, a batch of play. Two processes share them, with a network each: `--processes 2` of
`rollout`, DDP in alignments. A second of a core is one in which the command or its games compute.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Final

from checkout import HERE, checkout

from padzoo.core.provenance import origin

BEFORE: Final = "067e72e"  # before the world was made anew
OLD: Final = ("-c", "from zoo.cli import main; raise SystemExit(main())")
NOW: Final = ("-m", "padzoo")
STEPS: Final = 60
GAME: Final = '{"max_steps": 60}'
BATCH: Final = 32
SHORT, LONG = 1, 6  # batches


@dataclass(frozen=True)
class Side:
    """A code base and its agent.

    Args:
        name: What the table calls it.
        folder: Its files.
        main: Python's arguments that start its command line.
        games: Games played at once.
        policy: The agent.
        reward: Its reward model.
        game: The option of `fit` that shortens episodes.
        processes: That share the games.
    """

    name: str
    folder: Path
    main: Sequence[str]
    games: int
    policy: str
    reward: str
    game: str
    processes: int = 1

    def run(self, *words: object) -> tuple[float, float]:
        """Runs a command of padzoo; returns its seconds, and the seconds of a core that it and its games took."""
        environment = os.environ | {"PYTHONPATH": str(self.folder), "OMP_NUM_THREADS": "1"}
        command = [sys.executable, *self.main, *map(str, words)]
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run(command, cwd=self.folder, env=environment, check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return time.perf_counter() - start, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    def play(self, batches: int, out: Path) -> tuple[float, float]:
        """Plays so many batches of episodes and records them."""
        words: tuple[object, ...] = ("--policy", self.policy, "--episodes", BATCH * batches)
        words += ("--env_args", GAME, "--games", self.games)
        words += ("--processes", self.processes) if self.processes > 1 else ()
        return self.run("rollout", *words, "--temperature", 100, "--out", out)

    def align(self, batches: int, out: Path) -> tuple[float, float]:
        """Plays, rewards and learns from so many batches of episodes."""
        config = self.folder / "configs/experiment/reinforce.yaml"
        words: tuple[object, ...] = ("--config", config, "--model.policy", self.policy)
        words += ("--model.reward", self.reward, "--model.games", self.games // self.processes, self.game, GAME)
        words += ("--model.temperature", 100, "--data.batch_size", BATCH // self.processes)
        words += ("--trainer.max_steps", batches, "--trainer.strategy", "auto" if self.processes == 1 else "ddp")
        words += ("--trainer.devices", self.processes)
        return self.run("fit", *words, "--trainer.limit_val_batches", 0, "--trainer.default_root_dir", out)

    def rates(self, what: str, scratch: Path) -> tuple[float, float]:
        """Returns steps a second, and a second of a core."""
        ends = []
        for batches in (SHORT, LONG):
            with tempfile.TemporaryDirectory(dir=scratch) as folder:
                ends.append(getattr(self, what)(batches, Path(folder) / "out"))
        steps = STEPS * BATCH * (LONG - SHORT)
        wall, core = (steps / (long - short) for short, long in zip(*ends, strict=True))
        return wall, core


def agent(scratch: Path, trunk: str) -> tuple[str, str]:
    """Makes an agent with a trunk and a reward model for it, of one update each; returns both."""
    side = Side("", HERE, NOW, 4, "", "", "")
    shards, preferences = scratch / "shards", scratch / "left.jsonl"
    if not shards.exists():
        side.run("demos", "--player", "curated", "--episodes", 8, "--size", 64, "--out", shards)
        side.run("prefer", shards, "--criterion", "left", "--comparisons", 10, "--out", preferences)
    policy, reward = scratch / trunk / "policy", scratch / trunk / "reward"
    once = ("--data.train", shards, "--trainer.max_steps", 1, "--trainer.limit_val_batches", 0)
    words: tuple[object, ...] = ("--data.batch_size", 4, "--model.trunk", trunk, "--trainer.default_root_dir", policy)
    side.run("fit", "--config", "experiment/policy.yaml", *once, *words)
    last = "checkpoints/last.ckpt"
    words = ("--model.policy", policy / last, "--data.train_preferences", preferences)
    side.run("fit", "--config", "experiment/reward.yaml", *once, *words, "--trainer.default_root_dir", reward)
    return str(policy / last), str(reward / last)


def main() -> None:
    """Measures in rounds and prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("commit", nargs="?", default=BEFORE)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    print(f"## Playing and aligning\n\n{origin()}")
    print(f"`python benchmarks/align.py {given.commit} --rounds {given.rounds}`: `tiny`, 64 pixels\n")
    with checkout(given.commit) as before, tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        old = Side("before", before, OLD, 16, "policy_tiny.sft", "reward_tiny.left", "--model.env_args")
        agents = {"now": agent(scratch, "gpt2"), "now, streaming trunk": agent(scratch, "streaming")}
        sides = [old, *(Side(name, HERE, NOW, BATCH, *agent, "--game.args") for name, agent in agents.items())]
        sides += [replace(side, name=f"{side.name}, two processes", processes=2) for side in sides[1:]]
        print("| | steps/s | a second of a core | ratio, steps/s | ratio, of a core |\n| --- | --- | --- | --- | --- |")
        for what in ("play", "align"):
            found = [[side.rates(what, scratch) for side in sides] for _ in range(given.rounds)]
            for column, side in enumerate(sides):
                rates = [median(line[column][unit] for line in found) for unit in (0, 1)]
                gains = [[line[column][unit] / line[0][unit] for line in found] for unit in (0, 1)]
                cells = [f"**{median(gain):.2f}** ({min(gain):.2f} to {max(gain):.2f})" for gain in gains]
                print(f"| {what}, {side.name} | {rates[0]:,.0f} | {rates[1]:,.0f} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
