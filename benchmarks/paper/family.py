"""Publishes the agents of a finished run as a family of the zoo, in 16 bits, measured on those very weights.

`python benchmarks/paper/family.py --preset demo --run runs/demo --size tiny --out zoo/weights`; what was cut off goes
on when the same command is run again.
"""

import argparse
import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from reward_grid import Grid, padzoo
from values import Json


@dataclass(frozen=True)
class Member:
    """A checkpoint of the family.

    Args:
        name: Its name in the zoo.
        checkpoint: What the run has left.
        commands: How it was made.
        data: What it learnt from.
        base: Name of the member on which it is stored; empty if it stands alone.
        members: Names of the members that it was made from.
        others: Checkpoints that it was made from and that are not published.
        side: Which pad a reward model is of; empty for a policy.
    """

    name: str
    checkpoint: Path
    commands: list[str]
    data: list[Path]
    base: str = ""
    members: list[str] = field(default_factory=list)
    others: list[Path] = field(default_factory=list)
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

    def fit(self, experiment: str, stage: str, *options: object, seed: int | None = None) -> str:
        """Returns the command line of a training; its seed is the family's if none is given."""
        configs = f"--config configs/experiment/{experiment}.yaml --config {self.preset['configs'][stage]}"
        seed = self.seed if seed is None else seed
        return " ".join(map(str, ("padzoo fit", configs, "--seed_everything", seed, "--data.seed", seed, *options)))

    @property
    def game(self) -> str:
        """The game's arguments for agents, as a flag's value."""
        return json.dumps(self.preset.get("env_args", {}).get("agents", {}))

    def playing(self, experiment: str, stage: str, *options: object) -> str:
        """Returns the command line of a training that plays the game."""
        return self.fit(experiment, stage, "--game.args", shlex.quote(self.game), *options)

    def imitation(self, stage: str, data: Path, *options: object) -> str:
        """Returns the command line of behavior cloning."""
        precision = ("--trainer.precision", self.preset["precision"]) if "precision" in self.preset else ()
        return self.playing("policy", stage, "--model.size", self.size, "--data.train", data, *options, *precision)

    def members(self) -> Iterator[Member]:
        """Yields the family, parents first."""
        pixels = self.preset["pixels"][self.size]
        population, curated = (self.run / "demos" / f"{player}-{pixels}" for player in ("population", "curated"))
        base, sft = f"policy_{self.size}.base", f"policy_{self.size}.sft"
        command = self.imitation("base", population)
        yield Member(base, self.agent("base"), [command], [population])
        command = self.imitation("sft", curated, "--model.init_from", self.agent("base"))
        yield Member(sft, self.agent("sft"), [command], [curated], members=[base])
        for side in self.preset["sides"]:
            yield from self._side(side, sft)

    def _side(self, side: str, sft: str) -> Iterator[Member]:
        """Yields the reward model and the aligned policy of a side."""
        grid, amount = self.grid(side), max(self.preset["comparisons"])
        compared, rollouts = grid.preferences("train", amount, 0), grid.rollouts("train")
        learnt = ["--data.train", rollouts, "--data.train_preferences", compared]
        command = self.fit("reward", "reward", "--model.policy", self.agent("sft"), *learnt, seed=0)  # of subset 0
        checkpoint = grid.model("agent", amount, 0) / "checkpoints" / "last.ckpt"
        reward = f"reward_{self.size}.{side}"
        yield Member(reward, checkpoint, [command], [rollouts, compared], sft, [sft], side=side)
        preferred, middle = (
            self.home / "preferred" / f"prefft_{side}_{amount}",
            self.agent(f"prefft_{side}_{amount}"),
        )
        played = ["--model.policy", middle, "--model.reward", checkpoint]
        commands = [
            f"padzoo score {rollouts} --reward {checkpoint} --top {self.preset['top']} --out {preferred}",
            self.imitation("prefft", preferred, "--model.init_from", self.agent("sft")),
            self.playing("reinforce", "aligned", "--model.seed", self.seed, *played),
        ]
        aligned, name = self.agent(f"aligned_prefft_{side}_{amount}"), f"policy_{self.size}.aligned_{side}"
        yield Member(name, aligned, commands, [preferred], sft, [sft, reward], [middle])

    def measure(self, member: Member, weights: Path, episodes: int) -> list[object]:
        """Plays with the published weights, or judges them by held-out preferences; returns the options to say so."""
        out = self.home / "zoo" / "measured" / member.name
        if not member.side:
            if not out.exists():
                played = ("--episodes", episodes, "--seed", self.seed, "--env_args", self.game)
                padzoo("rollout", "--policy", weights, *played, "--out", out)
            return ["--results", json.dumps([str(out)])]
        grid = self.grid(member.side)
        if not out.exists():
            padzoo("score", grid.rollouts("test"), "--reward", weights, "--out", out)
        return ["--results", json.dumps([str(out)]), "--preferences", grid.held_out()]

    def publish(self, member: Member, episodes: int, out: Path, url: list[str]) -> None:
        """Rounds a checkpoint, measures it and publishes it."""
        weights = self.home / "zoo" / "rounded" / member.name
        if not weights.exists():
            padzoo("export", member.checkpoint, "--format", "safetensors", "--dtype", "float16", "--out", weights)
        told: list[object] = ["--name", member.name, "--seed", self.seed, "--commands", json.dumps(member.commands)]
        ancestors = [*(out / name for name in member.members), *member.others]
        told += ["--ancestors", json.dumps(list(map(str, ancestors)))]
        told += ["--data", json.dumps(list(map(str, member.data)))]
        told += [*(["--base", out / member.base] if member.base else []), *url]
        padzoo("push", member.checkpoint, out, *told, *self.measure(member, weights, episodes))


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
