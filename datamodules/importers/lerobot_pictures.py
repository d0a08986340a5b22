"""The pictures of a LeRobot episode, from a video or from images."""

import io
import os
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import av
import numpy as np
from numpy.typing import NDArray

from padzoo.datamodules.importers.lerobot_episode import LeRobotEpisode
from padzoo.datamodules.importers.lerobot_info import check_file
from padzoo.envs.area import AreaReduction

NEAR: Final = 0.25  # of a step: a picture belongs to a step if it is no further from it
Frames = list[NDArray[np.uint8]]
_reduction = lru_cache(maxsize=1)(AreaReduction)


def reduced(picture: av.VideoFrame, size: int) -> NDArray[np.uint8]:
    """Reduces a picture by area.

    Args:
        picture: As decoded.
        size: Height and width to make.

    Returns:
        The frame, `(size, size, 3)`.
    """
    rgb = np.asarray(picture.to_ndarray(format="rgb24"), dtype=np.uint8)  # (H, W, 3)
    return _reduction(picture.height, picture.width, size)(rgb.transpose(2, 0, 1))


def from_video(episode: LeRobotEpisode, fps: float, stride: int, size: int) -> tuple[Frames, int]:
    """Decodes an episode's part of a video and reduces the picture of each kept step.

    A picture is found by its time, whatever the video's own rate is.

    Args:
        episode: What to decode.
        fps: Steps a second.
        stride: Every how many steps one is kept.
        size: Height and width of the frames.

    Returns:
        The frames, and how many steps the video goes on behind the episode before the next one begins.

    Raises:
        ValueError: If a step has no picture, or the video is longer than its episodes together.
    """
    assert episode.video is not None
    frames: dict[int, NDArray[np.uint8]] = {}
    distances: dict[int, float] = {}
    with av.open(episode.video) as container:
        stream = container.streams.video[0]
        base = stream.time_base
        assert base is not None
        end = float(((stream.start_time or 0) + stream.duration) * base) if stream.duration else None
        if not episode.alone and end and episode.last is not None and (end - episode.last) * fps > 1.5:
            raise ValueError(
                f"{episode.video}: {end:.3f} s, and its episodes end at {episode.last:.3f} s: where each of them "
                "begins is not sure, as after discarded takes; allowed: a video of its listed episodes alone"
            )
        container.seek(int(episode.start / base), stream=stream)  # to a key frame at or before it
        for picture in container.decode(stream):
            assert picture.time is not None
            place = (picture.time - episode.start) * fps
            if place > episode.length - 0.5:
                break
            step = round(place)
            distance = abs(place - step)
            if step >= 0 and step % stride == 0 and distance < distances.get(step, NEAR):
                distances[step], frames[step] = distance, reduced(picture, size)
        missing = [step for step in range(0, episode.length, stride) if step not in frames]
        if missing:
            raise ValueError(
                f"{episode.video}: no picture at {missing[0] / fps:.3f} s of episode {episode.number}, which begins at "
                f"{episode.start:.3f} s and has {episode.length} steps at fps {fps:g}; the video has "
                f"{float(stream.average_rate or 0):g} pictures a second; if the download was cut off, start it again"
            )
    behind = episode.end or end
    surplus = round((behind - episode.start) * fps) - episode.length if behind else 0
    return [frames[step] for step in sorted(frames)], surplus


def from_images(values: Sequence[Any], folder: Path, size: int) -> Frames:
    """Decodes images as a table has them.

    Args:
        values: The bytes of an image file each, a path to one in the data set, or a mapping with either.
        folder: The data set.
        size: Height and width of the frames.

    Raises:
        ValueError: If one is missing or lies outside the data set.
    """
    frames: Frames = []
    for value in values:
        encoded = value.get("bytes") if isinstance(value, Mapping) else value
        if not isinstance(encoded, bytes):
            name = value.get("path") if isinstance(value, Mapping) else value
            path = Path(os.path.normpath(folder / str(name)))
            if not name or not path.is_relative_to(os.path.normpath(folder)):
                raise ValueError(f"{folder}: image {name!r}; allowed: its bytes, or a path inside the data set")
            encoded = check_file(path).read_bytes()
        with av.open(io.BytesIO(encoded), "r") as container:
            frames.append(reduced(next(container.decode(video=0)), size))
    return frames
