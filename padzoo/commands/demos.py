"""`padzoo demos`: demonstrations by scripted players, or by a person."""

from collections import Counter
from functools import partial
from typing import Any, Literal

from rich.console import Console
from rich.progress import track

from padzoo.commands.table import outcome_table
from padzoo.core import episode as draw
from padzoo.core.trajectory import Trajectory
from padzoo.datamodules.sets.shards import ShardWriter
from padzoo.envs.adapter import sized
from padzoo.envs.game_pool import GamePool
from padzoo.envs.players.demonstrators import curated
from padzoo.envs.players.plays import Plays
from padzoo.envs.players.population import population
from padzoo.envs.recorder import Recording, record


def demos(
    player: Literal["population", "curated", "human"],
    episodes: int,
    out: str,
    seed: int = 0,
    spawn: int | None = None,
    character: str | None = None,
    pad: Literal["left", "middle", "right"] | None = None,
    balanced: bool = False,
    size: int = 128,
    env_args: dict[str, Any] | None = None,
    games: int | None = None,
) -> None:
    """Records demonstrations on the launch island.

    Args:
        player: `population`, players of every kind and skill; `curated`, ninjas that reach their pad; or `human`: you,
            at a gamepad or the keyboard. Escape ends a session; what was cut off otherwise, the same command goes on.
        episodes: How many trajectories to record.
        out: Folder to make.
        seed: Seed of the players and their games.
        spawn: Spawn point of all of them, 0 to 3; left out, each player has its own.
        character: Character of all of them; left out, each player has its own.
        pad: Pad that all of them want; left out, each player has its own, and a person is told none.
        balanced: Curated right-pad runs start evenly from all spawns, not mostly from the left-hand ones.
        size: Height and width of the frames in pixels: 64 for policies of size `tiny`, 128 for the others.
        env_args: Further arguments of the game, such as `{"look": "meadow", "light": "noon"}`, as JSON.
        games: Scripted games played at once; 8 if left out.

    Raises:
        ValueError: If there is no such spawn point, character or pad, or `out` is in use.
    """
    if balanced and player != "curated":
        raise ValueError(f"--balanced true: allowed with --player curated only, not {player}")
    if games is not None and player == "human":
        raise ValueError(f"--games {games}: allowed with scripted players only")
    source: dict[str, Any] = {"command": "demos", "player": player, "episodes": episodes, "seed": seed, "spawn": spawn}
    source |= {"character": character, "pad": pad, "balanced": balanced, "env_args": env_args or {}}
    arguments = sized(env_args, size)
    if player == "human":
        counts = _play(episodes, out, source, arguments)
    else:
        curated_plays = partial(curated, balanced=balanced)
        plays = (curated_plays if player == "curated" else population)(seed, pad=pad, spawn=spawn, character=character)
        counts = _script(plays, episodes, out, source, arguments, 8 if games is None else games)
    Console().print(outcome_table(counts, f"{counts.total()} trajectories in {out}"))


def _script(
    plays: Plays, episodes: int, out: str, source: dict[str, Any], arguments: dict[str, Any], games: int
) -> Counter[str]:
    pool = GamePool("padzoo/LaunchIsland-v0", games, arguments)
    with pool, ShardWriter(out, source=source) as writer:
        recordings = record(pool, plays, episodes)
        for index, recording in enumerate(track(recordings, "recording", total=episodes)):
            writer.write(_trajectory(recording, source, index))
        return writer.outcomes


def _play(episodes: int, out: str, source: dict[str, Any], arguments: dict[str, Any]) -> Counter[str]:
    from padzoo.envs.person.session import Session  # pygame, which scripted players do without

    spawns = None if source["spawn"] is None else [source["spawn"]]
    todo = draw.episodes(source["seed"], episodes, spawns=spawns, character=source["character"])
    goal = f", {source['pad']} pad" if source["pad"] else ""
    late = 0
    # A shard an episode: whatever ends the session, every finished episode is on the disk.
    with (
        ShardWriter(out, source=source, trajectories_per_shard=1, resume=True) as writer,
        Session(**arguments) as session,
    ):
        for index in range(len(writer.keys), episodes):
            title = f"episode {index + 1} of {episodes}{goal}"
            recording = session.play(todo[index].seed, todo[index].options(), source["pad"], title)
            if recording is None:
                break
            late += recording.meta["late"]
            writer.write(_trajectory(recording, source, index))
    print(f"{late} steps came more than 20 ms late")
    return writer.outcomes


def _trajectory(recording: Recording, source: dict[str, Any], index: int) -> Trajectory:
    key = f"{source['player']}-{source['seed']}-{index:06d}"
    return Trajectory(key, recording.frames, recording.actions, recording.positions, recording.meta)
