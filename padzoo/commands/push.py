"""`padzoo push`: publish a checkpoint with its card."""

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from padzoo.zoo import hub
from padzoo.zoo.hub.card import CARD, Card, File, Precision
from padzoo.zoo.hub.checkpoint import read_about
from padzoo.zoo.hub.publish import dataset, publish, published
from padzoo.zoo.hub.publish import results as measured


def push(
    ref: str,
    target: str,
    name: str | None = None,
    base: str | None = None,
    dtype: Precision | None = None,
    results: list[str] | None = None,
    preferences: str | None = None,
    license: str | None = None,
    url: str | None = None,
    dry_run: bool = False,
) -> None:
    """Writes a checkpoint into a place of its own in the target, and into the target's index; nothing is overwritten.

    How it was made (ancestors, data, commands, configuration, seed and commit) is what its training has written into
    the `.ckpt`. A folder of weights goes as it is, if nothing is said about it.

    Args:
        ref: A `.ckpt`, a folder of weights or a name of the zoo.
        target: A folder, a URL that fsspec writes to, or `hf://OWNER/NAME`.
        name: Its name, `arch.tag`, such as `policy_4m.sft`.
        base: The published policy from which it differs in its last MLP and low-rank changes (`trainable: lora`) only,
            or whose features a reward model sees: only what differs is written.
        dtype: Precision of the weights, `float16` if left out (of a folder: as it is).
        results: What was measured of these very weights: folders of `padzoo rollout` and `padzoo score`, as a list.
        preferences: For folders of `padzoo score`: held-out preferences by which they are judged.
        license: SPDX identifier of the licence, `MIT` if left out.
        url: Repository of the code that made it.
        dry_run: Whether to print only what would be written.

    Raises:
        ValueError: If something that is said does not fit the weights, or there is something of that name already.
    """
    if preferences is not None and results is None:
        raise ValueError(f"--preferences {preferences}: allowed with --results, folders that they judge")
    path = hub.locate(ref)
    given = {"name": name, "license": license}
    said: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
    if results is not None:
        said["results"] = [each for folder in results for each in measured(folder, preferences)]
    card = Card.read(path) if path.is_dir() else None
    about = card.about if card else published(read_about(path), target)
    if preferences is not None and dataset(preferences).sha256 in {each.sha256 for each in about.data}:
        raise ValueError(f"--preferences {preferences}: it has learnt from these; allowed: held-out ones")
    if url is not None:
        said["source"] = replace(about.source, url=url)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "weights"
        if card is None:
            hub.save(hub.load(ref), folder, replace(about, **said), dtype or "float16", base, hub.changes(path))
        elif said or base or dtype:
            ground, low_rank = base or hub.base(path), hub.changes(path)
            hub.save(hub.load(ref), folder, replace(about, **said), dtype or card.dtype, ground, low_rank)
        else:
            folder = hub.prove(path)
        place = publish(folder, target, dry_run)
        card = Card.read(folder)
        for each, file in ({CARD: File.of((folder / CARD).read_bytes())} | card.files).items():
            print(f"{card.name}/{each}: {file.bytes:,} bytes, sha256 {file.sha256}")
    print(f"would go to {place}" if dry_run else f"published as {place}")
