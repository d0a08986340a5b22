"""Reading human play from LeRobot data sets (format v3.0) whose action is a gamepad."""

import json
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from padzoo.core.gamepad import COMPONENTS, RATE
from padzoo.core.trajectory import Trajectory
from padzoo.datamodules.importers.gamepad_actions import Sticks, gamepad_actions
from padzoo.envs.area import AreaReduction

try:
    import av
    import pyarrow.parquet as parquet
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(f"{error}; allowed after: pip install 'padzoo[lerobot]'") from error

Row = Mapping[str, Any]  # of the table of episodes


class LeRobot:
    """A LeRobot data set of the format v3.0: tables of actions, videos of several episodes each.

    Its action must name the 16 parts of our gamepad, in any order, others beside them. Of a set with more than 10
    frames a second every second, third ... frame is kept, with the action that was chosen at it.

    Args:
        folder: The data set, with `meta/info.json`.
        size: Height and width of the frames to make, in pixels; pictures are reduced by area.
        sticks: What a stick's number is: a bucket, 0 to 10, or its deflection, -1 to 1, right and up positive.
        camera: Name of the video to take; None takes the only one.

    Raises:
        ValueError: If the folder is no such data set, its action no gamepad, or the camera not clear.
    """

    def __init__(self, folder: str | Path, size: int = 128, sticks: Sticks = "unit", camera: str | None = None) -> None:
        self.folder = Path(folder)
        self._size = size
        self._sticks: Sticks = sticks
        about = self.folder / "meta" / "info.json"
        try:
            self._info: dict[str, Any] = json.loads(about.read_text())
            version, rate, features = self._info["codebase_version"], self._info["fps"], self._info["features"]
        except (OSError, ValueError, KeyError) as error:
            raise ValueError(f"{about}: no LeRobot data set ({error!r})") from None
        if not version.startswith("v3.") or rate % RATE:
            raise ValueError(f"{about}: version {version}, {rate} frames a second; allowed: v3.0, a multiple of {RATE}")
        self._stride = rate // RATE
        self._columns = _columns(features.get("action", {}), about)
        cameras = [name for name, feature in features.items() if feature["dtype"] == "video"]
        if camera not in cameras and (camera or len(cameras) != 1):
            raise ValueError(f"--camera {camera}: allowed, as {about} says: {', '.join(cameras) or 'none'}")
        self._camera = camera or cameras[0]
        self._rows = {f"episode-{row['episode_index']:06d}": row for row in self._episodes()}

    @property
    def keys(self) -> Collection[str]:
        """Every episode's key."""
        return self._rows

    def _episodes(self) -> Iterator[Row]:
        """Yields the rows of the table of episodes."""
        video = [f"videos/{self._camera}/{name}" for name in ("chunk_index", "file_index", "from_timestamp")]
        columns = ["episode_index", "length", "data/chunk_index", "data/file_index", *video]
        for table in sorted(self.folder.glob("meta/episodes/*/*.parquet")):
            yield from parquet.read_table(table, columns=columns).to_pylist()

    def read(self, key: str) -> Trajectory:
        """Reads one episode.

        Args:
            key: Key of its trajectory.

        Raises:
            ValueError: If its files are missing or damaged, or hold fewer steps than the table says.
        """
        row = self._rows[key]
        number, length = row["episode_index"], row["length"]
        data = self._path("data_path", chunk_index=row["data/chunk_index"], file_index=row["data/file_index"])
        video = f"videos/{self._camera}"
        film = self._path(
            "video_path",
            video_key=self._camera,
            chunk_index=row[f"{video}/chunk_index"],
            file_index=row[f"{video}/file_index"],
        )
        try:
            steps = parquet.read_table(data, columns=["action"], filters=[("episode_index", "=", number)])
            values = np.asarray(steps["action"].to_pylist(), dtype=np.float64)[:, self._columns]
            frames = self._frames(film, row[f"{video}/from_timestamp"], length)
        except (OSError, ValueError, IndexError, av.FFmpegError) as error:
            raise ValueError(f"{self.folder}: episode {number}: {error}") from None
        kept = -(-length // self._stride)
        if len(values) != length or len(frames) != kept:
            raise ValueError(
                f"{self.folder}: episode {number}: {len(values)} actions, {len(frames)} frames, not {length} and {kept}"
            )
        actions = gamepad_actions(values[:: self._stride], self._sticks, str(data))
        meta = {"player": "human", "dataset": "lerobot", "episode": number}
        return Trajectory(key, np.stack(frames), actions, None, meta)

    def _frames(self, film: Path, start: float, length: int) -> list[NDArray[np.uint8]]:
        """Decodes an episode's part of a video, one picture at a time, and reduces the kept ones."""
        rate = self._info["fps"]
        frames: list[NDArray[np.uint8]] = []
        with av.open(film) as container:
            stream = container.streams.video[0]
            reduce = AreaReduction(stream.height, stream.width, self._size)
            assert stream.time_base is not None
            container.seek(int(start / stream.time_base), stream=stream)  # to a key frame at or before it
            for picture in container.decode(stream):
                assert picture.time is not None
                step = round((picture.time - start) * rate)
                if step >= length:
                    break
                if step >= 0 and step % self._stride == 0:
                    rgb = np.asarray(picture.to_ndarray(format="rgb24"), dtype=np.uint8)  # (H, W, 3)
                    frames.append(reduce(rgb.transpose(2, 0, 1)))
        return frames

    def _path(self, template: str, **place: Any) -> Path:
        path = (self.folder / str(self._info[template]).format(**place)).resolve()
        if not path.is_relative_to(self.folder.resolve()):
            raise ValueError(f"{self.folder}: {template} {self._info[template]!r} leads out of the data set")
        return path


def _columns(action: Mapping[str, Any], about: Path) -> list[int]:
    """Returns where the parts of our gamepad are in a data set's action."""
    names = action.get("names") or []
    if isinstance(names, dict):  # grouped, as robots' joints are
        names = [name for group in names.values() for name in group]
    missing = [name for name in COMPONENTS if name not in names]
    if missing:
        raise ValueError(f"{about}: action {names}: no {missing[0]!r}; allowed: one that names {', '.join(COMPONENTS)}")
    return [names.index(name) for name in COMPONENTS]
