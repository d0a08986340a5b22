"""`padzoo push`: publish a checkpoint with its card."""

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from padzoo.core.provenance import commit
from padzoo.datamodules.judges import preference
from padzoo.datamodules.sets.manifest import Manifest
from padzoo.zoo.hub import hub as hub
from padzoo.zoo.hub.card import About, Card, Data, Precision, Source
from padzoo.zoo.hub.lineage import Lineage
from padzoo.zoo.hub.publication import Publication
from padzoo.zoo.hub.results import result


def push(
    ref: str,
    target: str,
    name: str | None = None,
    base: str | None = None,
    dtype: Precision | None = None,
    ancestors: list[str] | None = None,
    data: list[str] | None = None,
    results: list[str] | None = None,
    preferences: str | None = None,
    commands: list[str] | None = None,
    seed: int | None = None,
    license: str | None = None,
    url: str | None = None,
    dry_run: bool = False,
) -> None:
    """Writes a checkpoint into a place of its own in the target, and into the target's index; nothing is overwritten.

    A folder of weights goes as it is, if nothing is said about it.

    Args:
        ref: A `.ckpt`, a folder of weights or a name of the zoo.
        target: A folder, a URL that fsspec writes to, or `hf://OWNER/NAME`.
        name: Its name, `arch.tag`, such as `policy_4m.sft`.
        base: The published policy from which it differs in its last MLP only, or whose features a reward model sees:
            only what differs is written.
        dtype: Precision of the weights, `float16` if left out (of a folder: as it is).
        ancestors: All that it was made from, back to what was trained from nothing: `.ckpt` files, folders of weights
            and names, as a list.
        data: What it learnt from: folders of shards and files of preferences, as a list.
        results: What was measured of these very weights: folders of `padzoo rollout` and `padzoo score`, as a list.
        preferences: For folders of `padzoo score`: held-out preferences by which they are judged.
        commands: The commands that made it, as a list.
        seed: Seed of its training.
        license: SPDX identifier of the licence, `MIT` if left out.
        url: Repository of the code that made it; its commit is that of the current folder.
        dry_run: Whether to print only what would be written.

    Raises:
        ValueError: If something that is said does not fit the weights, or there is something of that name already.
    """
    path = hub.locate(ref)
    told: dict[str, Any] = {"name": name, "commands": commands, "seed": seed, "license": license}
    told["data"] = None if data is None else [_data(Path(each)) for each in data]
    told["results"] = None if results is None else [result(each, preferences) for each in results]
    told["source"] = None if url is None else Source(url, commit())
    told = {key: value for key, value in told.items() if value is not None}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "weights"
        if not path.is_dir():
            about = replace(_history(path, ancestors or []), **told)
            hub.save(hub.load(ref), folder, about, dtype or "float16", base)
        elif ancestors is not None:
            raise ValueError(f"--ancestors: {ref} has a card that says them; allowed: with a .ckpt")
        elif told or base or dtype:
            card = Card.read(path)
            hub.save(hub.load(ref), folder, replace(card.about, **told), dtype or card.dtype, base or hub.base(path))
        else:
            folder = hub.prove(path)
        _publish(Publication.of(folder, target), dry_run)


def _history(path: Path, ancestors: list[str]) -> About:
    """Says what a `.ckpt` says of itself."""
    parents = Lineage(ancestors).trace(hub.parents(path))
    return About(checkpoint=hub.sha256(path), source=Source(None, commit()), parents=parents)


def _data(path: Path) -> Data:
    """Describes a set of trajectories or a file of preferences."""
    if path.is_file():
        return Data(path.name, hub.sha256(path), len(preference.read(path)), None, {})
    manifest = Manifest.load(path)
    return Data(path.absolute().name, manifest.fingerprint, manifest.samples, manifest.frames, manifest.source)


def _publish(publication: Publication, dry_run: bool) -> None:
    place = publication.publish(dry_run)
    for path, file in publication.files.items():
        print(f"{path}: {file.bytes:,} bytes, sha256 {file.sha256}")
    print(f"would go to {place}" if dry_run else f"published as {place}")
