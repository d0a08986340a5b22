"""Results for a card, from the folders that commands have left."""

import json
from pathlib import Path

from padzoo.core.wilson import wilson
from padzoo.datamodules.judges import preference
from padzoo.datamodules.sets.manifest import Manifest
from padzoo.zoo.hub.card import Rate, Result


def result(folder: str, preferences: str | None = None) -> Result:
    """Reads what `padzoo rollout` or `padzoo score` has measured.

    Args:
        folder: What the command wrote.
        preferences: Held-out preferences, for a reward model: how many of them the scores order rightly.

    Raises:
        ValueError: If the folder is neither, or of scores and there are no preferences to judge them by.
    """
    manifest = Manifest.load(folder)
    command = manifest.source.get("command")
    if command == "rollout":
        counts = _outcomes(Path(folder), manifest)
        trials = sum(counts.values())
        rates = {name: _rate(count, trials) for name, count in counts.items()}
        return Result("episodes", trials, rates, manifest.source)
    if command != "score":
        raise ValueError(f"--results {folder}: made by {command!r}; allowed: what padzoo rollout or score wrote")
    if preferences is None:
        raise ValueError(f"--results {folder}: scores say nothing by themselves; allowed: with --preferences FILE")
    accurate, trials = _ordered(Path(folder), preferences)
    return Result("preferences", trials, {"accuracy": _rate(accurate, trials)}, manifest.source)


def _outcomes(folder: Path, manifest: Manifest) -> dict[str, int]:
    """Returns how many episodes ended how, in the order of the game, those that never happened among them."""
    names = json.loads((folder / "outcomes.json").read_text())
    return {name: manifest.outcomes.get(name, 0) for name in names if name != "episodes"}


def _ordered(folder: Path, preferences: str) -> tuple[int, int]:
    """Returns how many preferences the scores order as they should, and of how many; a tie is wrong."""
    rewards = json.loads((folder / "rewards.json").read_text())
    found = preference.read(preferences)
    strangers = {key for each in found for key in (each.winner, each.loser)} - rewards.keys()
    if strangers:
        raise ValueError(f"--preferences {preferences}: no trajectory {min(strangers)!r} in {folder}")
    return sum(rewards[each.winner] > rewards[each.loser] for each in found), len(found)


def _rate(count: int, trials: int) -> Rate:
    low, high = wilson(count, trials)
    return Rate(count, *(round(100 * share, 2) for share in (count / trials, low, high)))
