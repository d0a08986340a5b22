"""What a LeRobot data set says about itself: `meta/info.json`."""

import json
import math
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from padzoo.core.gamepad import COMPONENTS, RATE

V2: Final = {
    "data_path": "data/chunk-{episode_chunk:03d}/episode_{episode_index:06d}.parquet",
    "video_path": "videos/chunk-{episode_chunk:03d}/{video_key}/episode_{episode_index:06d}.mp4",
}
V3: Final = {
    "data_path": "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet",
    "video_path": "videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4",
}
PATHS: Final = {"v2.0": V2, "v2.1": V2, "v3.0": V3}  # where files are if info.json does not say
NTSC: Final = 0.002  # 29.97 frames a second are read as 30


def check_file(path: Path) -> Path:
    """Refuses a file that has not been downloaded.

    Args:
        path: Where it should be.

    Returns:
        The path.

    Raises:
        ValueError: If there is no such file, or a Git LFS pointer in its place.
    """
    if not path.is_file():
        raise ValueError(f"{path}: no such file; if the download was cut off, start it again")
    with path.open("rb") as file:
        if file.read(40).startswith(b"version https://git-lfs.github.com/spec"):
            raise ValueError(f"{path}: a Git LFS pointer in place of the file; fetch it by: git lfs pull")
    return path


class LeRobotInfo:
    """A data set's `meta/info.json`.

    Args:
        folder: The data set.
        camera: Name of the pictures to take; None takes the only ones.

    Attributes:
        version: `v2.0`, `v2.1` or `v3.0`.
        fps: Steps a second.
        stride: Every how many steps one is kept, for 10 a second.
        action: Name of the action, and of its column.
        columns: Where the parts of our gamepad are in the action, 16 numbers.
        camera: Name of the pictures.
        in_table: Whether they are images in the table of actions, and not a video.

    Raises:
        ValueError: If something does not fit; it names the file, the key, its value and what is allowed.
    """

    def __init__(self, folder: Path, camera: str | None = None) -> None:
        self.folder: Final = folder
        self.file: Final = folder / "meta" / "info.json"
        try:
            keys = json.loads(check_file(self.file).read_text(encoding="utf-8-sig"))
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            raise ValueError(f"{self.file}: no JSON ({error}); if the download was cut off, start it again") from None
        self._keys: Final[Mapping[str, Any]] = keys if isinstance(keys, dict) else {}
        self.version: Final = str(self._keys.get("codebase_version"))
        if self.version not in PATHS:
            raise self._wrong("codebase_version", ", ".join(PATHS))
        self.fps, self.stride = self._rate()
        features = self._keys.get("features")
        if not isinstance(features, dict) or not all(isinstance(feature, dict) for feature in features.values()):
            raise self._wrong("features", "a mapping of mappings")
        self.action: Final = "action" if "action" in features else "actions"
        self.columns: Final = self._columns(features.get(self.action, {}))
        cameras = [name for name, feature in features.items() if _is_camera(feature)]
        if camera not in cameras and (camera or len(cameras) != 1):
            raise ValueError(f"--camera {camera}: allowed, as {self.file} says: {', '.join(cameras) or 'none'}")
        self.camera: Final = camera or cameras[0]
        self.in_table: Final = features[self.camera]["dtype"] == "image"
        if not self.in_table and len(cameras) > 1 and "{video_key" not in self._template("video_path"):
            raise self._wrong("video_path", "one with {video_key}, as there are several cameras")

    def _wrong(self, key: str, allowed: str) -> ValueError:
        return ValueError(f"{self.file}: {key} {self._keys.get(key)!r}; allowed: {allowed}")

    def _rate(self) -> tuple[float, int]:
        fps = self._keys.get("fps")
        if isinstance(fps, int | float) and not isinstance(fps, bool) and math.isfinite(fps):
            stride = round(fps / RATE)
            if stride and abs(fps / (stride * RATE) - 1) < NTSC:
                return float(fps), stride
        raise self._wrong("fps", f"a multiple of {RATE}, to which the data set can be converted")

    def _columns(self, action: Mapping[str, Any]) -> list[int]:
        found = action.get("names")
        places = _places(found)
        where = f"{self.file}: features.{self.action}.names {found!r}"
        missing = [name for name in COMPONENTS if name not in places]
        if missing:
            raise ValueError(f"{where}: no {missing[0]!r}; allowed: one that names {', '.join(COMPONENTS)}")
        shape = action.get("shape") or [len(places)]
        if sorted(places.values()) != list(range(len(places))) or shape != [len(places)]:
            raise ValueError(f"{where}: {len(places)} names for shape {shape}; allowed: one for each number")
        return [places[name] for name in COMPONENTS]

    def check_whole(self, lengths: Mapping[int, int]) -> None:
        """Refuses a table that lists fewer episodes than there are: by their number, else their steps, else the splits.

        Args:
            lengths: Number of steps of each listed episode, by the episode's index.

        Raises:
            ValueError: If something is missing, or nothing is listed.
        """
        count, steps, missing = len(lengths), sum(lengths.values()), ""
        if (total := self._total("total_episodes")) is not None:
            key, missing = "total_episodes", f"{total - count} episodes" if total > count else ""
        elif (total := self._total("total_frames")) is not None:
            key, missing = "total_frames", f"{total - steps} steps" if total > steps else ""
        else:
            absent = (number for span in self._splits() for number in span if number not in lengths)
            key, missing = "splits", next((f"episode {number}" for number in absent), "")
        if missing or not lengths:
            raise ValueError(
                f"{self.file.parent}: {count} episodes of {steps} steps listed, {key} of info.json is "
                f"{self._keys.get(key)}; missing: {missing or 'all'}; if the download was cut off, start it again"
            )

    def _total(self, key: str) -> int | None:
        total = self._keys.get(key)
        if total is None:
            return None
        if type(total) not in (int, float) or total < 0 or total % 1:
            raise self._wrong(key, "a whole number from 0")
        return int(total)

    def _splits(self) -> list[range]:
        splits = self._keys.get("splits") or {}
        parts = list(splits.values()) if isinstance(splits, dict) else [splits]
        spans = [span for part in parts if (span := re.fullmatch(r"([0-9]+):([0-9]+)", str(part)))]
        if len(spans) < len(parts):
            raise self._wrong("splits", "FROM:TO for each, as neither total_episodes nor total_frames is there")
        return [range(int(span[1]), int(span[2])) for span in spans]

    @property
    def chunks_size(self) -> int:
        """How many episodes lie in a folder."""
        size = self._keys.get("chunks_size", 1000)
        if not isinstance(size, int) or size < 1:
            raise self._wrong("chunks_size", "a whole number from 1")
        return size

    def _template(self, key: str) -> str:
        return str(self._keys.get(key) or PATHS[self.version][key])

    def path(self, key: str, **place: int | str) -> Path:
        """Returns a file of the data set, which may be missing.

        Args:
            key: Key of the template, `data_path` or `video_path`.
            place: What the template's places are filled with.

        Raises:
            ValueError: If the template has other places, or leads out of the data set.
        """
        template = self._template(key)
        try:
            name = template.format(**place)
        except (LookupError, ValueError, TypeError, AttributeError) as error:
            allowed = ", ".join(f"{{{name}}}" for name in place)
            raise ValueError(f"{self.file}: {key} {template!r} ({error!r}); allowed in it: {allowed}") from None
        path = Path(os.path.normpath(self.folder / name))  # links stay: the hub's cache consists of them
        if not path.is_relative_to(os.path.normpath(self.folder)):
            raise ValueError(f"{self.file}: {key} {template!r} leads out of the data set; allowed: a path inside")
        return path


def _is_camera(feature: Mapping[str, Any]) -> bool:
    found = (feature.get(key) for key in ("info", "video_info"))  # v2.0 has the second
    about = [each for each in found if isinstance(each, dict)]
    depth = any(info.get(name) for info in about for name in ("is_depth_map", "video.is_depth_map"))
    return feature.get("dtype") in ("video", "image") and not depth


def _places(names: object) -> dict[str, int]:
    """Returns where each name is: names may be a list, lists in a list or a mapping, or a mapping to numbers."""
    if isinstance(names, dict) and all(type(place) is int for place in names.values()):
        return names
    groups = list(names.values()) if isinstance(names, dict) else names
    flat: list[str] = []
    for group in groups if isinstance(groups, list) else []:
        flat += map(str, group) if isinstance(group, list) else [str(group)]
    return {name: place for place, name in enumerate(flat)}  # of two alike the last; the places then have a gap
