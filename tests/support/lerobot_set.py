"""Small LeRobot data sets of two episodes, made by pyarrow and PyAV alone."""

import io
import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from padzoo.core.gamepad import AXES, BUTTONS

CAMERA = "observation.images.screen"
LENGTHS = (31, 24)
NAMES = ["menu", *AXES, *reversed(BUTTONS)]  # another order than ours, and a part that we do not know
VIDEO: dict[str, Any] = {"dtype": "video", "shape": [96, 128, 3], "names": ["height", "width", "channels"]}
IMAGE = VIDEO | {"dtype": "image"}
ACTION: dict[str, Any] = {"dtype": "float32", "shape": [17], "names": NAMES}
FEATURES = {CAMERA: VIDEO, "action": ACTION}


def shade(episode: int, step: int) -> int:
    """The brightness of a step's picture."""
    return 20 + 100 * episode + 3 * step


def actions(episode: int) -> np.ndarray:
    """Deflections and buttons of every step, `(T, 17)` in the order of NAMES."""
    rng = np.random.default_rng(episode)
    buttons = rng.integers(0, 2, (LENGTHS[episode], 12))
    sticks = rng.integers(0, 11, (LENGTHS[episode], 4)) / 5 - 1
    return np.concatenate([np.ones((LENGTHS[episode], 1)), sticks, buttons], axis=1).astype(np.float32)


def picture(value: int) -> av.VideoFrame:
    """One grey picture."""
    return av.VideoFrame.from_ndarray(np.full((96, 128, 3), value, dtype=np.uint8), format="rgb24")


def png(value: int) -> bytes:
    """One grey picture as a PNG."""
    file = io.BytesIO()
    with av.open(file, "w", format="image2pipe") as container:
        stream = container.add_stream("png", rate=1)
        stream.width, stream.height, stream.pix_fmt = 128, 96, "rgb24"
        container.mux(stream.encode(picture(value)))
        container.mux(stream.encode())
    return file.getvalue()


def write_video(path: Path, shades: list[int], fps: Fraction) -> None:
    """Writes a video of grey pictures."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(path, "w") as film:
        stream = film.add_stream("libx264", rate=fps, options={"g": "8", "crf": "10"})
        stream.width, stream.height, stream.pix_fmt, stream.time_base = 128, 96, "yuv420p", 1 / fps
        for value in shades:
            film.mux(stream.encode(picture(value)))
        film.mux(stream.encode())


def steps(episode: int, fps: float, scale: float, images: bool) -> dict[str, list[Any]]:
    """The columns of an episode's steps."""
    values = actions(episode)
    values[:, 1:5] *= scale
    count = range(LENGTHS[episode])
    columns: dict[str, list[Any]] = {
        "episode_index": [episode for _ in count],
        "frame_index": list(count),
        "timestamp": [step / fps for step in count],
        "action": values.tolist(),
    }
    if images:
        columns[CAMERA] = [{"bytes": png(shade(episode, step)), "path": f"frame_{step:06d}.png"} for step in count]
    return columns


def write_table(path: Path, columns: dict[str, list[Any]]) -> None:
    """Writes a table."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path)


def make(
    folder: Path, fps: float = 20, version: str = "v3.0", scale: float = 1.0, tail: int = 0, **changed: Any
) -> Path:
    """Writes a data set.

    Args:
        folder: Where.
        fps: Steps a second.
        version: `codebase_version`.
        scale: What the greatest deflection is.
        tail: Pictures of a discarded take behind each episode.
        changed: Other values of `meta/info.json`; None leaves a key out.
    """
    rate = Fraction(fps).limit_denominator(1001)
    about: dict[str, Any] = {"codebase_version": version, "fps": fps, "total_episodes": 2, "features": FEATURES}
    about = {key: value for key, value in (about | changed).items() if value is not None}
    images = about["features"].get(CAMERA) == IMAGE
    shades = [[shade(e, step) for step in range(LENGTHS[e])] + [250] * tail for e in range(2)]
    tables = [steps(e, fps, scale, images) for e in range(2)]
    meta = folder / "meta"
    meta.mkdir(parents=True)
    (meta / "info.json").write_text(json.dumps(about))
    low, high = [0.0, *[-scale] * 4, *[0.0] * 12], [1.0, *[scale] * 4, *[1.0] * 12]
    statistics = {"action": {"min": low, "max": high}}
    if version == "v3.0":
        (meta / "stats.json").write_text(json.dumps(statistics))
        write_table(folder / "data/chunk-000/file-002.parquet", {k: tables[0][k] + tables[1][k] for k in tables[0]})
        write_episodes(meta, fps, [len(part) for part in shades])
        if not images:
            write_video(folder / f"videos/{CAMERA}/chunk-000/file-003.mp4", shades[0] + shades[1], rate)
        return folder
    lines = [{"episode_index": e, "tasks": ["play"], "length": LENGTHS[e]} for e in range(2)]
    (meta / "episodes.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    lines = [{"episode_index": e, "stats": statistics} for e in range(2)]
    (meta / "episodes_stats.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    for episode in range(2):
        write_table(folder / f"data/chunk-000/episode_{episode:06d}.parquet", tables[episode])
        if not images:
            write_video(folder / f"videos/chunk-000/{CAMERA}/episode_{episode:06d}.mp4", shades[episode], rate)
    return folder


def write_episodes(meta: Path, fps: float, pictures: list[int], **changed: list[Any]) -> None:
    """Writes the table of episodes of version 3.

    Args:
        meta: The folder of metadata.
        fps: Steps a second.
        pictures: How many pictures each episode has in the video.
        changed: Other columns.
    """
    ends = np.cumsum(pictures)
    columns: dict[str, list[Any]] = {
        "episode_index": [0, 1],
        "length": list(LENGTHS),
        "data/chunk_index": [0, 0],
        "data/file_index": [2, 2],
        f"videos/{CAMERA}/chunk_index": [0, 0],
        f"videos/{CAMERA}/file_index": [3, 3],
        f"videos/{CAMERA}/from_timestamp": [0.0, ends[0] / fps],
        f"videos/{CAMERA}/to_timestamp": (ends / fps).tolist(),
    }
    write_table(meta / "episodes/chunk-000/file-000.parquet", columns | changed)
