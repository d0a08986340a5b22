"""`padzoo compare`: two agents on the same starts."""

from contextlib import suppress
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import track
from rich.table import Table

from padzoo.commands.session import Session
from padzoo.core.paired import Paired
from padzoo.core.wilson import wilson
from padzoo.envs.game import ISLAND, Game
from padzoo.zoo import hub
from padzoo.zoo.hub.card import Card
from padzoo.zoo.hub.checkpoint import read_about


def compare(
    first: str,
    second: str,
    episodes: int,
    seed: int = 0,
    temperature: float = 1.0,
    device: str = "auto",
    env: str = ISLAND,
    env_args: dict[str, Any] | None = None,
    options: dict[str, Any] | None = None,
    games: int = 16,
    processes: int = 1,
) -> None:
    """Plays the same starts with two policies and prints how their rates of each outcome differ.

    Each start is a pair: so the difference is known better than from two independent evaluations. The p-value is that
    of McNemar's exact test, for each outcome alone.

    Args:
        first: A policy: a `.ckpt`, a folder of weights or a name of the zoo.
        second: Another one.
        episodes: How many starts.
        seed: Seed of the starts and of the policies' draws.
        temperature: Softmax temperature of the actions; 0 takes the most likely.
        device: Where the networks compute: `cpu`, `cuda` and the like; `auto` is the accelerator if there is one.
        env: The game: a Gymnasium id (`module:id` imports the module first) or a YAML file that describes one.
        env_args: Further arguments of the game, as JSON; `picture`, `success` and `patience` say how it is adapted.
        options: Reset options of every episode, as JSON; the values of a list are taken in turn.
        games: Games played at once.
        processes: How many processes share them.

    Raises:
        ValueError: If both are the same policy, or were trained in different games.
    """
    if hub.sha256(first) == hub.sha256(second):
        raise ValueError(f"{first} and {second} are the same weights; allowed: two different policies")
    trained = [_game(reference) for reference in (first, second)]
    if None not in trained and trained[0] != trained[1]:
        raise ValueError(f"{first} was trained in {trained[0]}, {second} in {trained[1]}; allowed: agents of one game")
    game = Game.of(env, env_args, options)
    ends: list[dict[int, str]] = []
    known: tuple[str, ...] = ()
    for reference in (first, second):
        session = Session(reference, game, episodes, games, seed, temperature, device=device, records=False)
        ends.append({})
        for played in track(session.play(processes), f"playing {escape(reference)}", total=episodes, transient=True):
            known = played.known
            if played.outcome is not None:
                ends[-1][played.number] = played.outcome
    both = sorted(ends[0].keys() & ends[1].keys())
    if not both:
        raise ValueError(f"{env}: no start was played by both without a crash")
    pairs = {name: Paired.of(*([end[number] == name for number in both] for end in ends)) for name in known}
    Console().print(_table(pairs, first, second))
    if len(both) < episodes:
        print(f"{episodes - len(both)} starts are left out: a game crashed")


def _game(reference: str) -> Any:
    """Returns the id of the game that a policy was trained in; None where that is not known."""
    path = hub.locate(reference)
    with suppress(ValueError):  # of a checkpoint that does not say how it was trained
        about = Card.read(path).about if path.is_dir() else read_about(path)
        return (about.configuration or {}).get("game", {}).get("id")
    return None


def _table(pairs: dict[str, Paired], first: str, second: str) -> Table:
    count = next(iter(pairs.values())).trials
    columns = ("outcome", f"{escape(first)}, %", f"{escape(second)}, %", "difference (95 % interval)", "p")
    table = Table(*columns, title=f"{count} starts, each played by both")
    for name, pair in pairs.items():
        rates = []
        for times in (pair.both + pair.first, pair.both + pair.second):
            low, high = wilson(times, count)
            rates.append(f"{100 * times / count:.1f} ({100 * low:.1f} to {100 * high:.1f})")
        low, high = pair.interval
        difference = f"{100 * pair.difference:+.1f} ({100 * low:+.1f} to {100 * high:+.1f})"
        table.add_row(escape(name), *rates, difference, f"{pair.p_value:.2g}")
    return table
