"""`padzoo import`: recordings of human play, made elsewhere."""

from pathlib import Path
from typing import Any, Final

from rich.progress import track

from padzoo.datamodules.importers.importer import IMPORTERS, Importer
from padzoo.datamodules.sets.writer import ShardWriter

TRAJECTORIES_PER_SHARD: Final = 4  # a clip of 610 frames of 128 x 128 takes about 6 MB


def import_recordings(source: str, folder: str, out: str, **options: Any) -> None:
    """Turns recordings into shards, one episode at a time; cut off, it resumes when the same command is run again.

    Args:
        source: What the recordings are: a name of an importer or a dotted path to its class.
        folder: Where they are.
        out: Folder to make.
        options: Further arguments of the importer.

    Raises:
        ValueError: If a file is damaged or not as it should be, or `out` is in use.
    """
    importer: Importer = IMPORTERS.find(source)(folder, **options)
    with ShardWriter(
        out,
        source={"command": "import", "source": source, **options},
        trajectories_per_shard=TRAJECTORIES_PER_SHARD,
        resume=True,
        origin=str(Path(folder).absolute()),
    ) as writer:
        for key in track(importer.keys, "importing", total=len(importer.keys)):
            if key not in writer.keys:
                writer.write(importer.read(key))
    print(f"{len(writer.keys)} trajectories in {out}")
