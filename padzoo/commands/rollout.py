"""`padzoo rollout`: play episodes with a policy and record them."""

import json
from typing import Any

from rich.console import Console
from rich.progress import track

from padzoo.commands.device import find_device
from padzoo.commands.session import Session
from padzoo.commands.table import outcome_table, percentages
from padzoo.core.errors import GameCrashed
from padzoo.datamodules.sets.writer import ShardWriter
from padzoo.envs.game import ISLAND, Game
from padzoo.zoo import hub
from padzoo.zoo.play.agent import Precision


def rollout(
    policy: str,
    episodes: int,
    out: str,
    seed: int = 0,
    temperature: float = 1.0,
    precision: Precision = "32-true",
    device: str = "auto",
    env: str = ISLAND,
    env_args: dict[str, Any] | None = None,
    options: dict[str, Any] | None = None,
    games: int = 16,
    processes: int = 1,
    best_of: int = 1,
    reward: str | list[str] | None = None,
) -> None:
    """Plays episodes with a policy, records them, and counts how they ended in `outcomes.json`.

    On the launch island an episode ends as `left`, `middle` or `right`, the pad reached, or `none`.

    Args:
        policy: The policy: a `.ckpt`, a folder of weights or a name of the zoo.
        episodes: How many to play.
        out: Folder to make.
        seed: Seed of the episodes and of the policy's draws.
        temperature: Softmax temperature of the actions; 0 takes the most likely.
        precision: Of the network: `bf16-true` is faster for large ones where the processor
            computes in it, much slower elsewhere; what it plays differs a little.
        device: Where the network computes: `cpu`, `cuda` and the like; `auto` is the accelerator if there is one.
        env: The game: a Gymnasium id (`module:id` imports the module first) or a YAML file that describes one.
        env_args: Further arguments of the game, as JSON; `picture`, `success` and `patience` say how it is adapted.
        options: Reset options of every episode, as JSON, such as `{"spawn": 0, "character": "knight"}` or
            `{"condition": "turned"}`; the values of a list are taken in turn. The island's conditions are `spawn`, as a
            rule, `turned` (at the spawn point, heading drawn), `nudged` (something else turns the camera on the way)
            and `anywhere` (place and heading drawn).
        games: Games played at once.
        processes: How many processes share them, each with a network of its own. One keeps little more than one core
            busy; what is played is the same.
        best_of: How often every start is played, with other draws of the policy; the episode of the highest reward
            counts, and is recorded. It says how far a reward model could bring this policy, and is what to imitate.
        reward: The reward model that chooses: a `.ckpt`, a folder of weights or a name of the zoo; several are an
            ensemble, whose mean chooses.

    Raises:
        ValueError: If one of `best_of` and `reward` is given without the other.
    """
    if best_of < 1 or (best_of > 1) != bool(reward):
        raise ValueError(f"--best_of {best_of}, --reward {reward}: allowed: 2 or more with a reward model, or neither")
    game = Game.of(env, env_args, options)
    source: dict[str, Any] = {"command": "rollout", "policy": hub.sha256(policy), "env": game.id, "env_args": game.args}
    source |= {"options": game.starts, "seed": seed, "episodes": episodes, "temperature": temperature}
    source |= {"precision": precision, "device": find_device(device).type, **game.settings}
    judges = [reward] if isinstance(reward, str) else reward or []
    source |= {"best_of": best_of, "reward": [hub.sha256(each) for each in judges]} if judges else {}
    session = Session(policy, game, episodes, games, seed, temperature, precision, device, best_of, judges)
    counts: dict[str, int] = {}
    with ShardWriter(out, source=source) as writer:
        for played in track(session.play(processes), "playing", total=episodes):
            counts = counts or dict.fromkeys(played.known, 0)
            if played.record is not None:
                if played.outcome not in counts:
                    raise ValueError(f"outcome {played.outcome!r}: allowed, as {env} declares: {', '.join(counts)}")
                writer.write(played.record)
                counts[played.outcome] += 1
        if not any(counts.values()):
            raise GameCrashed(f"{env}: every episode crashed")
        writer.attach("outcomes.json", json.dumps(percentages(counts), indent=1) + "\n")
    Console().print(outcome_table(counts, f"{policy}: {sum(counts.values())} episodes in {out}"))
