"""`padzoo demos`: demonstrations by scripted players, or by a person."""

import re
from collections import Counter
from dataclasses import replace
from inspect import signature
from itertools import islice
from typing import Any, Final, Literal

import numpy as np
from rich.console import Console
from rich.progress import track

from padzoo.commands.table import outcome_table, visit_table
from padzoo.core.episode import Episode
from padzoo.core.episode import episodes as draw
from padzoo.core.registry import Registry
from padzoo.datamodules.sets.writer import ShardWriter
from padzoo.envs.arena import Arena
from padzoo.envs.game import ISLAND, Game
from padzoo.envs.island.coverage import Coverage
from padzoo.envs.player import Player
from padzoo.envs.players.scripts import Scripts

PLAYERS: Final = Registry(
    "player",
    {
        "population": "padzoo.envs.players.population.population",
        "runners": "padzoo.envs.players.population.runners",
        "curated": "padzoo.envs.players.demonstrators.curated",
    },
)


def demos(
    player: str,
    episodes: int,
    out: str,
    seed: int = 0,
    spawn: int | None = None,
    character: str | None = None,
    pad: Literal["left", "middle", "right"] | None = None,
    balanced: bool = False,
    length: int | None = None,
    size: int = 128,
    env: str = ISLAND,
    env_args: dict[str, Any] | None = None,
    games: int | None = None,
) -> None:
    """Records demonstrations.

    Args:
        player: `population`, whole matches of players of every kind and skill; `runners`, the same players, one run to
            a pad each; `curated`, ninjas that reach their pad; `human`: you, at a gamepad or the keyboard; or the
            dotted path of a player of your own. Escape ends a session; what was cut off otherwise, the same command
            resumes.
        episodes: How many trajectories to record; of the population each is a match.
        out: Folder to make.
        seed: Seed of the players and their games.
        spawn: Spawn point of all of them, 0 to 3; left out, each player has its own.
        character: Character of all of them; left out, each player has its own.
        pad: Pad that all of them want; left out, each player has its own, and a person has none.
        balanced: Curated right-pad runs start evenly from all spawns, not mostly from the left-hand ones.
        length: Steps of a match of the population, 10 a second; 300 if left out.
        size: Height and width of the frames in pixels: 64 for policies of size `pico`, `nano`, `tiny`; 128 for
            `4m`, `25m`, `103m`.
        env: The game, for players that can play others than the launch island: a Gymnasium id or a YAML file.
        env_args: Further arguments of the game, such as `{"look": "meadow", "light": "noon"}`, as JSON; `picture`,
            `success` and `patience` say how another game is adapted.
        games: Scripted games played at once; 8 if left out.

    Raises:
        ValueError: If there is no such player, spawn point, character or pad, or `out` is in use.
    """
    settings: dict[str, Any] = {"spawn": spawn, "character": character, "pad": pad, "balanced": balanced}
    source = {"command": "demos", "player": player, "episodes": episodes, "seed": seed, **settings}
    settings |= {} if length is None else {"length": length}
    source |= {"env": env, "env_args": env_args or {}, **settings}
    given = {name: value for name, value in settings.items() if value is not None and value is not False}
    if player == "human":
        counts = _human(episodes, out, source, env_args, size, given, games)
        Console().print(outcome_table(counts, f"{counts.total()} trajectories in {out}"))
    else:
        game, games = Game.of(env, env_args), 8 if games is None else games
        source |= {"env": game.id, "env_args": game.args, **game.settings}  # what a file says, not its name
        source |= {} if game.options == replace(game, options=None).starts else {"options": game.options}
        _script(player, episodes, out, source, game, size, given, games)


def _script(
    name: str,
    episodes: int,
    out: str,
    source: dict[str, Any],
    game: Game,
    size: int,
    given: dict[str, Any],
    games: int,
) -> None:
    build = PLAYERS.find(name)
    if name in PLAYERS.table and game.foreign:
        raise ValueError(f"--env {game.id}: player {name!r} plays {ISLAND} only; allowed: a player of your own")
    try:
        settings = signature(build)
    except TypeError:
        raise ValueError(f"--player {name}: is nothing to call; allowed: a class of players, or a function") from None
    for setting, value in given.items():
        if setting not in settings.parameters:
            raise ValueError(f"--{setting} {value}: player {name!r} has no such setting")
    try:
        settings.bind(source["seed"], **given)
    except TypeError as error:
        raise ValueError(f"--player {name}: {error}; allowed: one that is made from a seed alone") from None
    player: Player = build(source["seed"], **given)
    todo: list[Episode] | islice[Episode] = draw(source["seed"], episodes, options=game.starts)
    if isinstance(player, Scripts):  # each of its episodes has a player of its own
        todo, game = islice(player, episodes), player.on(game)
    coverage = Coverage()
    with Arena(game, size, games) as arena, ShardWriter(out, source=source) as writer:
        for rollout in track(arena.play(player, todo), "recording", total=episodes):
            if not rollout.crashed:
                writer.write(rollout.named(_key(source, rollout.number)))
                coverage.add(np.zeros((0, 3)) if rollout.positions is None or game.foreign else rollout.positions)
    _report(out, writer.outcomes, coverage, is_match=bool(game.args.get("match")))


def _report(out: str, outcomes: Counter[str], coverage: Coverage, is_match: bool) -> None:
    """Prints how the trajectories ended, or which pads matches visited, and how much of the island was seen."""
    trajectories = f"{outcomes.total()} trajectories in {out}"
    if is_match and coverage.visits.total():
        Console().print(visit_table(coverage.visits, f"visits to the pads, {trajectories}"))
    else:
        Console().print(outcome_table(outcomes, trajectories))
    if coverage.frames:
        Console().print(str(coverage), soft_wrap=True)


def _human(
    episodes: int,
    out: str,
    source: dict[str, Any],
    env_args: dict[str, Any] | None,
    size: int,
    given: dict[str, Any],
    games: int | None,
) -> Counter[str]:
    from padzoo.envs.person.person import Left, Person  # pygame, which scripted players do without

    scripted = {"games": games, "balanced": given.get("balanced"), "length": given.get("length")}
    for name, value in scripted.items():
        if value is not None:
            raise ValueError(f"--{name} {str(value).lower()}: allowed with scripted players only, not human")
    if source["env"] != ISLAND:
        raise ValueError(f"--env {source['env']}: a person plays {ISLAND} only")
    pad = given.pop("pad", None)
    game = Game.of(ISLAND, {**(env_args or {}), "render_mode": "rgb_array"})
    todo = draw(source["seed"], episodes, options=given)
    goal = f", {pad} pad" if pad else ""
    late = 0
    # A shard an episode: whatever ends the session, every finished episode is on the disk.
    with (
        ShardWriter(out, source=source, trajectories_per_shard=1, resume=True) as writer,
        Arena(game, size, 1) as arena,
    ):
        first = len(writer.keys)
        titles = [f"episode {index + 1} of {episodes}{goal}" for index in range(first, episodes)]
        with Person(arena.pool, titles, pad) as person:
            try:
                for rollout in arena.play(person, todo[first:]):
                    late += rollout.about["late"]
                    writer.write(rollout.named(_key(source, first + rollout.number)))
            except Left:
                pass
    print(f"{late} steps came more than 20 ms late")
    return writer.outcomes


def _key(source: dict[str, Any], index: int) -> str:
    name = re.sub(r"[^a-z0-9_-]", "-", source["player"].lower())[-60:]  # a key has 80 characters at most
    return f"{name}-{source['seed']}-{index:06d}"
