"""The commands that faults are put into, on small inputs made once."""

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from padzoo.core.gamepad import NEUTRAL
from padzoo.datamodules.sets.shard_set import ShardSet
from padzoo.datamodules.sets.writer import ShardWriter

UPDATES: Final = 6  # of a training: enough to be caught in the middle of


@dataclass(frozen=True)
class Mission:
    """A command, and what it leaves.

    Args:
        name: What it is called in the report.
        arguments: The command line; `{in}` stands for the inputs, `{out}` for what it makes, `{web}` for the inputs'
            address on a server.
        makes: What `{out}` is: a `folder` or a `file`, which appear whole or not at all; a `training`, which resumes;
            or a `cache`, which a second command completes.
        children: What processes of its own it has: `engine`, `reader`, or none.
    """

    name: str
    arguments: str
    makes: str = "folder"
    children: str = ""

    def words(self, inputs: Path, out: Path, web: str = "", *more: str) -> list[str]:
        """Returns the command line, behind `padzoo`.

        Args:
            inputs: Folder of the inputs.
            out: What to make.
            web: Address of the inputs.
            more: Further arguments.
        """
        words = [word.format(**{"in": inputs, "out": out, "web": web}) for word in self.arguments.split()]
        return [*words, *more]


def _fit(name: str, experiment: str, stage: str, options: str, children: str = "") -> Mission:
    every = "--trainer.callbacks LastCheckpoint --trainer.callbacks.minutes 0"
    words = f"fit --config experiment/{experiment}.yaml --config stage/{stage}.yaml {options} {every}"
    words += f" --trainer.max_steps {UPDATES} --trainer.default_root_dir {{out}} --trainer.enable_progress_bar false"
    return Mission(name, words, "training", children)


POLICY: Final = "--data.train {in}/played --data.cache false --data.val_fraction 0 --model.lr 1e-3"
REWARD: Final = "--model.policy {in}/policy.ckpt --data.train {in}/played --data.train_preferences {in}/left.jsonl"
ALIGN: Final = "--model.policy {in}/policy.ckpt --model.reward {in}/reward.ckpt"
RANKS: Final = "--trainer.strategy ddp --trainer.devices 2"
MISSIONS: Final = (
    Mission("demos", "demos --player curated --episodes 6 --size 64 --games 2 --out {out}", children="engine"),
    Mission("rollout", "rollout --policy {in}/policy.ckpt --episodes 6 --games 2 --out {out}", children="engine"),
    Mission("import", "import bleeding-edge {in}/clips --size 64 --out {out}"),
    Mission("prefer", "prefer {in}/played --criterion left --comparisons 10 --out {out}", "file"),
    Mission("score", "score {in}/played --reward {in}/reward.ckpt --top 0.5 --out {out}"),
    _fit("fit policy", "policy", "prefer/micro", f"{POLICY} --data.workers 0"),
    _fit("fit policy, 2 readers", "policy", "prefer/micro", f"{POLICY} --data.workers 2", "reader"),
    _fit("fit policy, 2 ranks", "policy", "prefer/micro", f"{POLICY} --data.workers 1 {RANKS}", "reader"),
    _fit("fit policy, remote set", "policy", "prefer/micro", POLICY.replace("{in}/played", "{web}/played")),
    _fit("fit reward", "reward", "reward/micro", REWARD),
    _fit("fit aligner", "reinforce", "align/micro", ALIGN, "engine"),
    _fit("fit aligner, 2 ranks", "reinforce", "align/micro", f"{ALIGN} {RANKS}", "engine"),
    Mission(
        "rollout, 2 processes",
        "rollout --policy {in}/policy.ckpt --episodes 6 --games 2 --processes 2 --out {out}",
        children="engine",
    ),
    Mission("pull", "pull policy_micro.base", "cache"),
    Mission("play", "play {in}/policy.ckpt --episodes 2 --games 2 --out {out}", "file", "engine"),
    Mission("push", "push {in}/policy.ckpt {out} --name policy_micro.base"),
)


RECIPES: Final = {  # of the inputs, by name: what makes them, and the file of it that is wanted
    "recorded": ("demos --player curated --episodes 12 --size 64 --games 2 --out {out}", ""),
    "left.jsonl": ("prefer {in}/played --criterion left --comparisons 20 --out {out}", ""),
    "policy.ckpt": (MISSIONS[5].arguments, "checkpoints/last.ckpt"),
    "reward.ckpt": (MISSIONS[9].arguments, "checkpoints/last.ckpt"),
    "zoo": (MISSIONS[-1].arguments, ""),
}


def prepare(inputs: Path, name: str) -> None:
    """Makes an input and those that it is made from, unless they are there.

    Args:
        inputs: Folder of the inputs.
        name: What to make: `clips`, `played`, or one of `RECIPES`.
    """
    inputs.mkdir(parents=True, exist_ok=True)
    if (inputs / name).exists():
        return
    if name in ("clips", "played"):
        _clips(inputs / name) if name == "clips" else _reshard(inputs)
        return
    arguments, wanted = RECIPES[name]
    for needed in needs(arguments):
        prepare(inputs, needed)
    made = inputs / f"{name}.made" if wanted else inputs / name
    command = [sys.executable, "-m", "padzoo", *Mission(name, arguments).words(inputs, made)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    if wanted:
        (made / wanted).rename(inputs / name)


def needs(arguments: str) -> set[str]:
    """Returns the names of the inputs in a command line."""
    found = set(re.findall(r"{(?:in|web)}/([\w.]+)", arguments))
    return found | ({"zoo"} if arguments.startswith("pull") else set())


def _reshard(inputs: Path) -> None:
    """Writes what was recorded into four shards, one for each reader at least."""
    prepare(inputs, "recorded")
    recorded = ShardSet(inputs / "recorded")
    with ShardWriter(inputs / "played", source={"command": "demos"}, trajectories_per_shard=3) as writer:
        for index in range(len(recorded)):
            writer.write(recorded[index])


def _clips(folder: Path) -> None:
    """Writes recordings as the public sample of the paper's game has them."""
    folder.mkdir()
    for index in range(4):
        rng = np.random.default_rng(index)
        images = rng.integers(0, 256, (30, 180, 300, 3), dtype=np.uint8)
        np.savez(folder / f"clip-{index}.npz", images=images, actions=np.tile(np.array(NEUTRAL, np.float32), (30, 1)))
