"""Publishes the agents of a finished run as a family of the zoo, in 16 bits, measured on those very weights.

`python benchmarks/paper/family.py --preset demo --run runs/demo --size tiny --out zoo/weights`; what was cut
off goes on when the same command is run again.
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from reward_grid import first, model, padzoo, preferences

Json = dict[str, Any]


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


def fit(preset: str, experiment: str, stage: str, *options: object) -> str:
    """Returns the command line of a training."""
    configs = (
        f"--config configs/experiment/{experiment}.yaml --config configs/preset/{preset}/{stage.split('_')[0]}.yaml"
    )
    return " ".join(map(str, ("padzoo fit", configs, *options)))


def members(run: Path, preset: Json, size: str) -> Iterator[Member]:
    """Yields the family, parents first."""
    agents, demos, name = run / "agents", run / "demos", preset["name"]
    population, curated, rollouts = demos / "population", demos / "curated", run / "rollouts" / "train"
    base, sft = f"policy_{size}.base", f"policy_{size}.sft"
    command = fit(name, "policy", "base", "--data.train", population)
    yield Member(base, agents / "base.ckpt", [command], [population])
    command = fit(name, "policy", "sft", "--data.train", curated, "--model.init_from", agents / "base.ckpt")
    yield Member(sft, agents / "sft.ckpt", [command], [curated], members=[base])
    encoder, amount, subset = first(preset)
    for side in preset["sides"]:
        compared = preferences(run, "train", side, preset, amount, subset)
        learnt = ["--data.train", rollouts, "--data.train_preferences", compared]
        command = fit(name, "reward", "reward", "--model.policy", agents / "sft.ckpt", *learnt)
        checkpoint = model(run, side, encoder, amount, subset) / "checkpoints" / "last.ckpt"
        reward = f"reward_{size}.{side}"
        yield Member(reward, checkpoint, [command], [rollouts, compared], sft, [sft], side=side)
        preferred, middle = run / f"preferred_{side}", agents / f"prefft_{side}.ckpt"
        commands = [
            f"padzoo score {rollouts} --reward {checkpoint} --top {preset['top']} --out {preferred}",
            fit(name, "policy", "prefft", "--data.train", preferred, "--model.init_from", agents / "sft.ckpt"),
            fit(name, "reinforce", "aligned", "--model.policy", middle, "--model.reward", checkpoint),
        ]
        aligned = agents / f"aligned_{side}.ckpt"
        yield Member(f"policy_{size}.aligned_{side}", aligned, commands, [preferred], sft, [sft, reward], [middle])


def measure(member: Member, weights: Path, run: Path, preset: Json, episodes: int) -> list[object]:
    """Plays with the published weights, or judges them by held-out preferences; returns the options that say so."""
    out = run / "zoo" / "measured" / member.name
    if not member.side:
        if not out.exists():
            padzoo("rollout", "--policy", weights, "--episodes", episodes, "--seed", preset["seed"], "--out", out)
        return ["--results", json.dumps([str(out)])]
    test = run / "rollouts" / "test"
    if not out.exists():
        padzoo("score", test, "--reward", weights, "--out", out)
    samples = json.loads((test / "index.json").read_text())["samples"]
    held_out = preferences(run, "test", member.side, preset, samples * (samples - 1) // 2, 0)
    return ["--results", json.dumps([str(out)]), "--preferences", held_out]


def publish(member: Member, run: Path, preset: Json, episodes: int, out: Path, url: list[str]) -> None:
    """Rounds a checkpoint, measures it and publishes it."""
    weights = run / "zoo" / "rounded" / member.name
    if not weights.exists():
        padzoo("export", member.checkpoint, "--format", "safetensors", "--dtype", "float16", "--out", weights)
    told: list[object] = ["--name", member.name, "--seed", preset["seed"], "--commands", json.dumps(member.commands)]
    ancestors = [*(out / name for name in member.members), *member.others]
    told += ["--ancestors", json.dumps(list(map(str, ancestors))), "--data", json.dumps(list(map(str, member.data)))]
    told += [*(["--base", out / member.base] if member.base else []), *url]
    padzoo("push", member.checkpoint, out, *told, *measure(member, weights, run, preset, episodes))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    for flag in ("preset", "size"):
        parser.add_argument(f"--{flag}", required=True)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument(
        "--out", type=Path, required=True, help="a folder of weights with an index, such as zoo/weights"
    )
    parser.add_argument("--episodes", type=int, default=1000)
    parser.add_argument("--url", help="the repository of this code, for the cards")
    given = parser.parse_args()
    settings = yaml.safe_load(Path(f"benchmarks/paper/presets/{given.preset}.yaml").read_text())
    settings["name"] = given.preset
    for each in members(given.run, settings, given.size):
        if not (given.out / each.name).exists():
            publish(each, given.run, settings, given.episodes, given.out, ["--url", given.url] if given.url else [])
