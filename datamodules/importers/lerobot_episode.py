"""The episodes of a LeRobot data set, and where they lie."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow.parquet as parquet

from padzoo.datamodules.importers.lerobot_info import LeRobotInfo, check_file

Row = Mapping[str, Any]


@dataclass(frozen=True)
class LeRobotEpisode:
    """One episode.

    Args:
        number: Its index.
        length: Number of steps, as recorded.
        data: The table that has its actions.
        video: The video that has its pictures; None if they are in the table.
        start: Where it begins in the video, in seconds.
        end: Where it ends there; None if it has the video to itself and that is not said.
        alone: Whether it has the video to itself.
        last: Where the last episode of the video ends.
    """

    number: int
    length: int
    data: Path
    video: Path | None
    start: float = 0.0
    end: float | None = None
    alone: bool = True
    last: float | None = None


def read_episodes(info: LeRobotInfo) -> list[LeRobotEpisode]:
    """Reads the table of episodes and sees to it that every file that it names is there.

    Args:
        info: What the data set says about itself.

    Returns:
        The episodes by number.

    Raises:
        ValueError: If the table or a file is missing or damaged, or episodes share what they cannot share.
    """
    read = _version_3 if info.version == "v3.0" else _version_2
    episodes = sorted(read(info), key=lambda episode: episode.number)
    for number, count in Counter(episode.number for episode in episodes).items():
        if count > 1:
            raise ValueError(f"{info.file.parent}: episode {number} is listed {count} times; allowed: once")
    info.check_whole({episode.number: episode.length for episode in episodes})
    for path in sorted({path for episode in episodes for path in (episode.data, episode.video) if path}):
        check_file(path)
    return _apart(episodes, info)


def _apart(episodes: list[LeRobotEpisode], info: LeRobotInfo) -> list[LeRobotEpisode]:
    """Checks that no two episodes have the same pictures, and adds what an episode's video holds besides it."""
    videos: dict[Path, list[LeRobotEpisode]] = {}
    for episode in episodes:
        if episode.video:
            videos.setdefault(episode.video, []).append(episode)
    for video, inside in videos.items():
        for one, other in pairwise(sorted(inside, key=lambda episode: episode.start)):
            if other.start < one.start + (one.length - 0.5) / info.fps:
                raise ValueError(
                    f"{video}: episode {one.number} has {one.length} steps from {one.start} s, and episode "
                    f"{other.number} begins at {other.start} s; allowed: a part of the video for each"
                )
    return [
        replace(
            episode,
            alone=len(videos[episode.video]) == 1,
            last=max(other.end or 0.0 for other in videos[episode.video]),
        )
        if episode.video
        else episode
        for episode in episodes
    ]


def _version_2(info: LeRobotInfo) -> Iterator[LeRobotEpisode]:
    """Yields the episodes of `meta/episodes.jsonl`: each has a table and a video."""
    table = check_file(info.folder / "meta" / "episodes.jsonl")
    for line, text in enumerate(table.read_text(encoding="utf-8").split("\n"), 1):
        if not text.strip():
            continue
        try:
            row = json.loads(text)
            number, length = int(row["episode_index"]), int(row["length"])
        except (ValueError, LookupError, TypeError) as error:
            raise ValueError(
                f"{table}: line {line}: {error!r}; allowed: episode_index and length; if the download was cut off, "
                "start it again"
            ) from None
        place = {"episode_index": number, "episode_chunk": number // info.chunks_size}
        video = None if info.in_table else info.path("video_path", video_key=info.camera, **place)
        yield LeRobotEpisode(number, length, info.path("data_path", **place), video)


def _version_3(info: LeRobotInfo) -> Iterator[LeRobotEpisode]:
    """Yields the episodes of `meta/episodes`: several have a table and a video together."""
    for table in sorted(info.folder.glob("meta/episodes/*/*.parquet")):
        try:
            rows = parquet.ParquetFile(check_file(table))
            wanted = [name for name in rows.schema_arrow.names if not name.startswith("stats/")]
            for row in rows.read(columns=wanted).to_pylist():
                yield _from_row(info, row)
        except KeyError as error:
            raise ValueError(f"{table}: no column {error}; allowed: what LeRobot {info.version} writes") from None
        except (OSError, TypeError) as error:
            raise ValueError(f"{table}: {error}; if the download was cut off, start it again") from None
        except ValueError as error:
            text = str(error)
            raise ValueError(text if str(info.folder) in text else f"{table}: {text}; download it again") from None


def _from_row(info: LeRobotInfo, row: Row) -> LeRobotEpisode:
    number, length = int(row["episode_index"]), int(row["length"])
    own = {"episode_index": number, "episode_chunk": number // info.chunks_size}
    place = {"chunk_index": row["data/chunk_index"], "file_index": row["data/file_index"]}
    data = info.path("data_path", **place, **own)
    if info.in_table:
        return LeRobotEpisode(number, length, data, None)
    names = ("chunk_index", "file_index", "from_timestamp", "to_timestamp")
    chunk, file, start, end = (row[f"videos/{info.camera}/{name}"] for name in names)
    if None in (chunk, file, start, end):
        raise ValueError(
            f"{info.folder}: episode {number} has no video of camera {info.camera!r}; allowed: one for each"
        )
    if end - start < (length - 0.5) / info.fps:
        raise ValueError(
            f"{info.folder}: episode {number}: from_timestamp {start} to to_timestamp {end} is too short for {length} "
            f"steps at fps {info.fps}; allowed: {length / info.fps:.3f} s or more"
        )
    video = info.path("video_path", video_key=info.camera, chunk_index=chunk, file_index=file, **own)
    return LeRobotEpisode(number, length, data, video, start, end)
