"""`padzoo demos`: demonstrations by scripted players."""

from typing import Literal

from rich.console import Console
from rich.progress import track

from datamodules.shards import ShardWriter
from datamodules.trajectory import Trajectory
from envs.demonstrators import curated
from envs.population import population
from envs.recorder import record
from envs.vector import GamePool
from zoo.commands.table import outcome_table


def demos(
    player: Literal["population", "curated"],
    episodes: int,
    out: str,
    seed: int = 0,
    spawn: int | None = None,
    character: str | None = None,
    pad: Literal["left", "middle", "right"] | None = None,
    balanced: bool = False,
    size: int = 128,
    games: int = 8,
) -> None:
    """Records demonstrations on the launch island.

    Args:
        player: `population`, players of every kind and skill, or `curated`, ninjas that reach their pad.
        episodes: How many trajectories to record.
        out: Folder to make.
        seed: Seed of the players and their games.
        spawn: Spawn point of all of them, 0 to 3; left out, each player has its own.
        character: Character of all of them; left out, each player has its own.
        pad: Pad that all of them want; left out, each player has its own.
        balanced: Curated right-pad runs start evenly from all spawns, not mostly from the left-hand ones.
        size: Height and width of the frames in pixels: 64 for policies of size `tiny`, 128 for the others.
        games: Games played at once.

    Raises:
        ValueError: If there is no such spawn point, character or pad, or `out` is in use.
    """
    if balanced and player != "curated":
        raise ValueError(f"--balanced true: allowed with --player curated only, not {player}")
    if player == "curated":
        plays = curated(seed, pad=pad, balanced=balanced, spawn=spawn, character=character)
    else:
        plays = population(seed, pad=pad, spawn=spawn, character=character)
    source = {"command": "demos", "player": player, "episodes": episodes, "seed": seed, "spawn": spawn}
    source |= {"character": character, "pad": pad, "balanced": balanced}
    pool = GamePool("padzoo/LaunchIsland-v0", games, {"size": size})
    with pool, ShardWriter(out, source=source) as writer:
        recordings = record(pool, plays, episodes)
        for index, recording in enumerate(track(recordings, "recording", total=episodes)):
            key = f"{player}-{seed}-{index:06d}"
            writer.write(Trajectory(key, recording.frames, recording.actions, recording.positions, recording.meta))
        counts = writer.outcomes
    Console().print(outcome_table(counts, f"{episodes} trajectories in {out}"))
