"""`padzoo rollout`: play episodes with a policy and record them."""

import json
from typing import Any

from rich.console import Console
from rich.progress import track

from padzoo.commands.device import find_device
from padzoo.commands.table import outcome_table, percentages
from padzoo.core.episode import episodes as draw
from padzoo.core.errors import GameCrashed
from padzoo.datamodules.sets.writer import ShardWriter
from padzoo.envs.arena import Arena
from padzoo.envs.game import ISLAND, Game
from padzoo.zoo import hub
from padzoo.zoo.play.agent import PRECISIONS, Agent, Precision


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
) -> None:
    """Plays episodes with a policy, records them, and counts how they ended in `outcomes.json`.

    On the launch island an episode ends as `left`, `middle` or `right`, the pad reached, or `none`.

    Args:
        policy: The policy: a `.ckpt`, a folder of weights or a name of the zoo.
        episodes: How many to play.
        out: Folder to make.
        seed: Seed of the episodes and of the policy's draws.
        temperature: Softmax temperature of the actions; 0 takes the most likely.
        precision: Of the network: `bf16-true` is faster for large ones, and what it plays differs a little.
        device: Where the network computes: `cpu`, `cuda` and the like; `auto` is the accelerator if there is one.
        env: The game: a Gymnasium id (`module:id` imports the module first) or a YAML file that describes one.
        env_args: Further arguments of the game, as JSON; `picture`, `success` and `patience` say how it is adapted.
        options: Reset options of every episode, as JSON, such as `{"spawn": 0, "character": "knight"}`; the values of
            a list are taken in turn.
        games: Games played at once.
    """
    where = find_device(device)
    net = hub.load(policy, "policy").to(where, PRECISIONS[precision])
    game = Game.of(env, env_args, options)
    source: dict[str, Any] = {"command": "rollout", "policy": hub.sha256(policy), "env": game.id, "env_args": game.args}
    source |= {"options": game.starts, "seed": seed, "episodes": episodes, "temperature": temperature}
    source |= {"precision": precision, "device": where.type, **game.settings}
    with Arena(game, net.image_size, games) as arena, ShardWriter(out, source=source) as writer:
        counts = dict.fromkeys(arena.outcomes, 0)
        rollouts = arena.play(Agent(net, temperature=temperature, seed=seed), draw(seed, episodes, options=game.starts))
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
