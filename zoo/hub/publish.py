"""Publishing: what is known of a network from the files of its training, and its folder's way into a store."""

import json
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

from padzoo.core.atomic import reserved
from padzoo.core.patient_file import to_path
from padzoo.core.provenance import commit
from padzoo.core.wilson import wilson
from padzoo.datamodules.judges import preference
from padzoo.datamodules.judges.preference import Preference
from padzoo.datamodules.sets.manifest import Manifest
from padzoo.zoo.hub.card import CARD, LARGEST, About, Ancestor, Card, Data, Of, Rate, Result, Source
from padzoo.zoo.hub.checkpoint import hash_file, read_about
from padzoo.zoo.hub.index import INDEX, Entry, Index, check_name
from padzoo.zoo.hub.store import Store, open_store
from padzoo.zoo.hub.weights import locate, sha256


def history(parents: Mapping[str, str]) -> About:
    """Returns what is known of a network before its training: all that it will be made from, and the commit.

    Data and commands are those of the parents that are files. What is published says its own on its card.

    Args:
        parents: The weights that it starts from or learns with, reference by role.
    """
    about = About(source=Source(None, commit()))
    for role, ref in parents.items():
        path = locate(ref)
        found = Card.read(path) if path.is_dir() else read_about(path)
        about.parents[role] = Ancestor(found.name or _name(path), sha256(path), found.parents)
        if path.is_file():
            about.data.extend(data for data in found.data if data not in about.data)
            about.commands.extend(command for command in found.commands if command not in about.commands)
    return replace(about, parents=_pruned(about.parents, set()))


def dataset(path: str) -> Data:
    """Describes a set of trajectories or a file of preferences.

    Args:
        path: The folder of shards, or the file.
    """
    if Path(path).is_file():
        return Data(Path(path).name, hash_file(Path(path)), len(preference.read(path)), None, {})
    manifest = Manifest.load(path)
    return Data(Path(path).absolute().name, manifest.fingerprint, manifest.samples, manifest.frames, manifest.source)


def results(folder: str, preferences: str | None = None) -> list[Result]:
    """Reads what `padzoo rollout` or `padzoo score` has measured.

    Args:
        folder: What the command wrote.
        preferences: Held-out preferences, for a reward model: how many of them the scores order rightly.

    Returns:
        One result; of preferences also those between categories and within them apart, if the file says which they are.

    Raises:
        ValueError: If the folder is neither, or of scores and there are no preferences to judge them by.
    """
    manifest = Manifest.load(folder)
    command = manifest.source.get("command")
    if command == "rollout":
        if manifest.source.get("best_of", 1) > 1:
            raise ValueError(f"--results {folder}: the best of several plays; allowed: rates of the policy itself")
        names = json.loads((Path(folder) / "outcomes.json").read_text())  # in the order of the game
        counts = {name: manifest.outcomes.get(name, 0) for name in names if name != "episodes"}
        return [_result("episodes", counts, sum(counts.values()), manifest)]
    if command != "score":
        raise ValueError(f"--results {folder}: made by {command!r}; allowed: what padzoo rollout or score wrote")
    if preferences is None:
        raise ValueError(f"--results {folder}: scores say nothing by themselves; allowed: with --preferences FILE")
    rewards = json.loads((Path(folder) / "rewards.json").read_text())
    found = preference.read(preferences)
    strangers = {key for each in found for key in (each.winner, each.loser)} - rewards.keys()
    if strangers:
        raise ValueError(f"--preferences {preferences}: no trajectory {min(strangers)!r} in {folder}")
    kinds: dict[Of, list[Preference]] = {"preferences": found}
    if all(each.same_category is not None for each in found):
        kinds["preferences between categories"] = [each for each in found if not each.same_category]
        kinds["preferences within categories"] = [each for each in found if each.same_category]
    accurate = {
        of: sum(rewards[each.winner] > rewards[each.loser] for each in kinds[of]) for of in kinds
    }  # a tie is not
    return [_result(of, {"accuracy": accurate[of]}, len(each), manifest) for of, each in kinds.items() if each]


def publish(folder: Path, target: str, dry_run: bool = False) -> str:
    """Writes a checkpoint into a place of its own, and into the index of that place.

    Args:
        folder: A folder of weights, every byte of which is checked.
        target: A folder, a URL of fsspec, or `hf://OWNER/NAME`.
        dry_run: Only find out whether it could be written.

    Returns:
        Where it is.

    Raises:
        ValueError: If it is damaged, its card gives it no name, there is something of its name already, or another
            process is writing there.
    """
    card, entry = _entry(folder)
    store = open_store(target, writes=True)
    alone = store.local and not dry_run  # elsewhere a commit has a parent, or nothing can be locked
    with reserved(str(to_path(f"{store.url}/{INDEX}")), shared=True) if alone else nullcontext():
        index, url = Index.of(store), f"{store.url}/{card.name}"
        contents = {CARD: (folder / CARD).read_bytes()} | card.read_files(folder)
        if card.name in index.checkpoints or not _completes(store, card.name, contents):
            raise ValueError(f"{url}: exists already; weights are never overwritten")
        listed = replace(index, checkpoints=index.checkpoints | {card.name: entry}).dump().encode()
        return url if dry_run else store.write(card.name, contents, (INDEX, listed))


def _completes(store: Store, name: str, contents: Mapping[str, bytes]) -> bool:
    """Whether nothing is there but what a push of the same has left that was cut off before it was listed."""
    there = [file for file in contents if store.exists(f"{name}/{file}")]
    if store.local and store.exists(name) and len(there) < len(contents):
        return False
    return all(store.read(f"{name}/{file}", len(contents[file])) == contents[file] for file in there)


def is_published(folder: Path, target: str) -> bool:
    """Whether a target has the very checkpoint that is in a folder."""
    card, entry = _entry(folder)
    return Index.of(open_store(target, writes=True)).checkpoints.get(card.name) == entry


def published(about: About, target: str) -> About:
    """Calls ancestors by the names under which a target has published them.

    Args:
        about: What is known of a network.
        target: Where it is to go.
    """
    store, names = open_store(target, writes=True), {}
    for name, entry in Index.of(store).checkpoints.items() if about.parents else ():
        if entry.source != name:  # it lies elsewhere
            continue
        card = Card.parse(store.read(f"{name}/{CARD}", LARGEST), f"{store.url}/{name}/{CARD}")
        names[card.checkpoint] = card.name
    return replace(about, parents=_renamed(about.parents, names))


def _entry(folder: Path) -> tuple[Card, Entry]:
    card = Card.read(folder)
    check_name(card.name, f"{folder}/{CARD}")
    return card, Entry.of(card, hash_file(folder / CARD))


def _renamed(parents: Mapping[str, Ancestor], names: Mapping[str | None, str]) -> dict[str, Ancestor]:
    return {
        role: Ancestor(names.get(each.sha256, each.name), each.sha256, _renamed(each.parents, names))
        for role, each in parents.items()
    }


def _pruned(parents: Mapping[str, Ancestor], known: set[str]) -> dict[str, Ancestor]:
    """Says what an ancestor was made from where it comes first: every round of alignment would double the rest."""
    found = {}
    for role, each in parents.items():
        new = each.sha256 not in known
        known.add(each.sha256)
        found[role] = replace(each, parents=_pruned(each.parents, known) if new else {})
    return found


def _name(path: Path) -> str:
    """Names a folder or a `.ckpt` by itself, or by the folder of its training where it has only its part in that."""
    if path.is_dir():
        return path.name
    return path.absolute().parents[1].name if path.parent.name == "checkpoints" else path.stem


def _result(of: Of, counts: dict[str, int], trials: int, manifest: Manifest) -> Result:
    rates = {}
    for name, count in counts.items():
        shares = (count / trials, *wilson(count, trials))
        rates[name] = Rate(count, *(round(100 * share, 2) for share in shares))
    return Result(of, trials, rates, manifest.source)
