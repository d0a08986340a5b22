"""Publishes the agents of a finished run as a family of the zoo, in 16 bits, measured on those very weights.

`python benchmarks/paper/family.py --preset demo --run runs/demo --size tiny --out zoo/weights`; the same command
continues what was cut off.
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml
from reward_grid import Grid, padzoo
from values import Json

from padzoo.zoo import hub

CONDITIONS: Final = ("spawn", "turned")  # of the game; the first is the one in lists


@dataclass(frozen=True)
class Member:
    """A checkpoint of the family.

    Args:
        name: Its name in the zoo.
        checkpoint: What the run has left; it says itself how it was made.
        base: Name of the member on which it is stored; empty if it stands alone.
        side: Which pad a reward model is of; empty for a policy.
    """

    name: str
    checkpoint: Path
    base: str = ""
    side: str = ""


@dataclass(frozen=True)
class Family:
    """The agents and reward models of one size and seed of a run.

    Args:
        run: Folder of the run.
        size: Size of the network.
        seed: Seed of the trainings.
        preset: The preset.
    """

    run: Path
    size: str
    seed: int
    preset: Json

    @property
    def home(self) -> Path:
        """Where the agents lie."""
        return self.run / f"{self.size}-{self.seed}"

    def agent(self, name: str) -> Path:
        """Returns the checkpoint of an agent."""
        return self.home / "agents" / f"{name}.ckpt"

    def grid(self, side: str) -> Grid:
        """Returns the reward models of a side."""
        return Grid(self.home, "sft", side, str(self.agent("sft")), self.preset)

    @property
    def game(self) -> str:
        """The game's arguments for agents, as a flag's value."""
        return json.dumps(self.preset.get("env_args", {}).get("agents", {}))

    def members(self) -> Iterator[Member]:
        """Yields the family, parents first."""
        sft, amount = f"policy_{self.size}.sft", max(self.preset["comparisons"])
        yield Member(f"policy_{self.size}.base", self.agent("base"))
        yield Member(sft, self.agent("sft"))
        for side in self.preset["sides"]:
            checkpoint = self.grid(side).model("agent", amount, 0) / "checkpoints" / "last.ckpt"
            yield Member(f"reward_{self.size}.{side}", checkpoint, sft, side)
            aligned = self.agent(f"aligned_prefft_{side}_{amount}")
            yield Member(f"policy_{self.size}.aligned_{side}", aligned, sft)

    def measure(self, member: Member, weights: Path, episodes: int) -> list[object]:
        """Plays with the published weights, or judges them by held-out preferences; returns the options to say so."""
        out = self.home / "zoo" / "measured" / member.name
        if not member.side:
            played = [out / condition for condition in CONDITIONS]
            for folder in played:
                if not folder.exists():
                    how = ("--episodes", episodes, "--seed", self.seed, "--env_args", self.game, "--games", 32)
                    options = ("--options", json.dumps({"condition": folder.name}))
                    padzoo("rollout", "--policy", weights, *how, *options, "--out", folder)
            return ["--results", json.dumps([*map(str, played)])]
        grid = self.grid(member.side)
        if not out.exists():
            padzoo("score", grid.rollouts("test"), "--reward", weights, "--out", out)
        return ["--results", json.dumps([str(out)]), "--preferences", grid.held_out()]

    def publish(self, member: Member, episodes: int, out: Path, url: list[str]) -> None:
        """Rounds a checkpoint, measures it and publishes it."""
        weights = self.home / "zoo" / "rounded" / member.name
        if not weights.exists():
            padzoo("export", member.checkpoint, "--format", "safetensors", "--dtype", "float16", "--out", weights)
        # Low-rank changes were learnt on weights that were not rounded: with the published ones they give others.
        alone = not member.base or hub.changes(member.checkpoint)
        base = [] if alone else ["--base", out / member.base]
        measured = self.measure(member, weights, episodes)
        padzoo("push", member.checkpoint, out, "--name", member.name, *base, *measured, *url)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    for flag in ("preset", "size"):
        parser.add_argument(f"--{flag}", required=True)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--out", type=Path, required=True, help="a folder of weights with an index, such as zoo/weights"
    )
    parser.add_argument("--episodes", type=int, default=1000)
    parser.add_argument("--url", help="the repository of this code, for the cards")
    given = parser.parse_args()
    settings = yaml.safe_load(Path(f"benchmarks/paper/presets/{given.preset}.yaml").read_text())
    family = Family(given.run, given.size, given.seed, settings)
    for each in family.members():
        if not (given.out / each.name).exists():
            family.publish(each, given.episodes, given.out, ["--url", given.url] if given.url else [])
