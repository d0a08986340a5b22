"""`padzoo rollout`: play episodes with a policy and record them."""

import json
from typing import Any

from rich.console import Console
from rich.progress import track

from padzoo.commands.device import find_device
from padzoo.commands.table import outcome_table, percentages
from padzoo.core import episode as draw
from padzoo.core.errors import GameCrashed
from padzoo.datamodules.sets.shards import ShardWriter
from padzoo.envs.adapter import sized
from padzoo.envs.game_pool import GamePool
from padzoo.zoo.hub import hub as hub
from padzoo.zoo.play.agent import PRECISIONS, Agent, Precision
from padzoo.zoo.play.rollout import play


def rollout(
    policy: str,
    episodes: int,
    out: str,
    seed: int = 0,
    temperature: float = 1.0,
    precision: Precision = "32-true",
    device: str = "auto",
    spawn: int | None = None,
    character: str | None = "ninja",
    env: str = "padzoo/LaunchIsland-v0",
    env_args: dict[str, Any] | None = None,
    games: int = 16,
) -> None:
    """Plays episodes with a policy, records them, and counts how they ended in `outcomes.json`.

    Args:
        policy: The policy: a `.ckpt`, a folder of weights or a name of the zoo.
        episodes: How many to play.
        out: Folder to make.
        seed: Seed of the episodes and of the policy's draws.
        temperature: Softmax temperature of the actions; 0 takes the most likely.
        precision: Of the network: `bf16-true` is faster for large ones, and what it plays differs a little.
        device: Where the network computes: `cpu`, `cuda` and the like; `auto` is the accelerator if there is one.
        spawn: Spawn point of all episodes; left out, each seed has its own.
        character: Character to play; `null` for a game without characters, or to let the game draw.
        env: Gymnasium id of the game; `module:id` imports the module first.
        env_args: Further arguments of the game, as JSON.
        games: Games played at once.
    """
    where = find_device(device)
    net = hub.load(policy, "policy").to(where, PRECISIONS[precision])
    todo = draw.episodes(seed, episodes, spawns=None if spawn is None else [spawn], character=character)
    source: dict[str, Any] = {
        "command": "rollout",
        "policy": hub.sha256(policy),
        "env": env,
        "env_args": env_args or {},
    }
    source |= {"seed": seed, "episodes": episodes, "temperature": temperature}
    source |= {"precision": precision, "device": where.type, "spawn": spawn, "character": character}
    with GamePool(env, games, sized(env_args, net.image_size)) as pool, ShardWriter(out, source=source) as writer:
        counts = dict.fromkeys(pool.outcomes, 0)
        rollouts = play(Agent(net, temperature=temperature, seed=seed), pool, todo)
        for played in track(rollouts, "playing", total=episodes):
            if not played.crashed:
                if played.outcome not in counts:
                    raise ValueError(f"outcome {played.outcome!r}: allowed, as {env} declares: {', '.join(counts)}")
                writer.write(played.record)
                counts[played.outcome] += 1
        if not any(counts.values()):
            raise GameCrashed(f"{env}: every episode crashed")
        writer.attach("outcomes.json", json.dumps(percentages(counts), indent=1) + "\n")
    Console().print(outcome_table(counts, f"{policy}: {sum(counts.values())} episodes in {out}"))
