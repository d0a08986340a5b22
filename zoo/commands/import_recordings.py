"""`padzoo import`: recordings of human play, made elsewhere."""

from rich.progress import track

from datamodules.bleeding_edge import BleedingEdge, Sticks
from datamodules.shards import ShardWriter

TRAJECTORIES_PER_SHARD = 4  # a clip of 610 frames of 128 x 128 takes about 6 MB


def import_recordings(source: str, folder: str, out: str, size: int = 128, sticks: Sticks = "buckets") -> None:
    """Turns recordings into shards, one file at a time; when it was cut off, the same command goes on.

    Args:
        source: What the recordings are: `bleeding-edge`, the `.npz` files of the public sample of that game.
        folder: Where they are.
        out: Folder to make.
        size: Height and width of the frames in pixels: 64 for policies of size `tiny`, 128 for the others.
        sticks: What a stick's number is: a bucket, 0 to 10, as in the public sample, or its deflection, -1 to 1.

    Raises:
        ValueError: If a file is damaged or not as it should be, or `out` is in use.
    """
    if source != "bleeding-edge":
        raise ValueError(f"source {source!r} is not known; allowed: bleeding-edge")
    recordings = BleedingEdge(folder, size, sticks)
    about = {"command": "import", "source": source, "size": size, "sticks": sticks}
    with ShardWriter(out, source=about, trajectories_per_shard=TRAJECTORIES_PER_SHARD, resume=True) as writer:
        for key, path in track(recordings.clips(), "importing", total=len(recordings.paths)):
            if key not in writer.keys:
                writer.write(recordings.read(key, path))
    print(f"{len(writer.keys)} trajectories in {out}")
