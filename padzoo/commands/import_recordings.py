"""`padzoo import`: recordings of human play, made elsewhere."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from rich.progress import track

from padzoo.datamodules.importers.bleeding_edge import BleedingEdge
from padzoo.datamodules.importers.gamepad_actions import Sticks
from padzoo.datamodules.sets.writer import ShardWriter

TRAJECTORIES_PER_SHARD: Final = 4  # a clip of 610 frames of 128 x 128 takes about 6 MB


def import_recordings(
    source: str,
    folder: str,
    out: str,
    size: int = 128,
    sticks: Sticks | None = None,
    camera: str | None = None,
) -> None:
    """Turns recordings into shards, one episode at a time; when it was cut off, the same command goes on.

    Args:
        source: What the recordings are: `bleeding-edge`, the `.npz` files of the public sample of that game, or
            `lerobot`, a LeRobot data set v3.0 whose action names the parts of a gamepad.
        folder: Where they are.
        out: Folder to make.
        size: Height and width of the frames in pixels: 64 for policies of size `tiny`, 128 for the others.
        sticks: What a stick's number is: a bucket, 0 to 10 (`buckets`, if left out for bleeding-edge), or its
            deflection, -1 to 1 (`unit`, if left out for lerobot).
        camera: Video to take of a LeRobot data set that has several.

    Raises:
        ValueError: If a file is damaged or not as it should be, or `out` is in use.
    """
    sources: dict[str, Callable[[], Any]] = {
        "bleeding-edge": lambda: BleedingEdge(folder, size, sticks or "buckets"),
        "lerobot": lambda: _lerobot(folder, size, sticks or "unit", camera),
    }
    if source not in sources:
        raise ValueError(f"source {source!r} is not known; allowed: {', '.join(sources)}")
    if camera is not None and source != "lerobot":
        raise ValueError(f"--camera {camera}: allowed with lerobot only, not {source}")
    recordings = sources[source]()
    about = {"command": "import", "source": source, "size": size, "sticks": sticks, "camera": camera}
    with ShardWriter(
        out,
        source=about,
        trajectories_per_shard=TRAJECTORIES_PER_SHARD,
        resume=True,
        origin=str(Path(folder).absolute()),
    ) as writer:
        for key, clip in track(recordings.clips(), "importing", total=len(recordings)):
            if key not in writer.keys:
                writer.write(recordings.read(key, clip))
    print(f"{len(writer.keys)} trajectories in {out}")


def _lerobot(folder: str, size: int, sticks: Sticks, camera: str | None) -> Any:
    try:
        from padzoo.datamodules.importers.lerobot import LeRobot
    except ModuleNotFoundError as error:
        raise ValueError(f"source 'lerobot': {error}; allowed after: pip install 'padzoo[lerobot]'") from None
    return LeRobot(folder, size, sticks, camera)
