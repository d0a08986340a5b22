"""Reading human play from LeRobot data sets whose action is a gamepad."""

import logging
from collections.abc import Collection
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from padzoo.core.trajectory import Trajectory
from padzoo.datamodules.importers.gamepad_actions import Sticks, gamepad_actions
from padzoo.envs.area import check_size

try:
    import av
    import pyarrow
    import pyarrow.parquet as parquet

    from padzoo.datamodules.importers.lerobot_episode import LeRobotEpisode, read_episodes
    from padzoo.datamodules.importers.lerobot_info import LeRobotInfo
    from padzoo.datamodules.importers.lerobot_pictures import NEAR, Frames, from_images, from_video
    from padzoo.datamodules.importers.lerobot_sticks import find_sticks
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(f"{error}; allowed after: pip install '.[lerobot]'") from error

EPISODE: Final = "episode_index"
log = logging.getLogger(__name__)


class LeRobot:
    """A LeRobot data set of the format v2.0, v2.1 or v3.0: tables of actions, pictures in videos or images.

    Its action must name the 16 parts of our gamepad, in any order, others beside them. Of a set with more than 10
    steps a second every second, third ... step is kept: its picture, and the action that was chosen at it.

    Args:
        folder: The data set, with `meta/info.json`.
        size: Height and width of the frames to make, in pixels; pictures are reduced by area.
        sticks: What a stick's number is, right and up positive: a bucket, 0 to 10; its deflection, -1 to 1 (unit); or
            -32768 to 32767 (int16). None takes what the data set's statistics say.
        camera: Name of the video or image to take; None takes the only one.

    Raises:
        ValueError: If the folder is no such data set or not whole, its action no gamepad, or the camera or the sticks
            not clear.
    """

    def __init__(
        self, folder: str | Path, size: int = 128, sticks: Sticks | None = None, camera: str | None = None
    ) -> None:
        self.folder = Path(folder)
        self._size = check_size(size)
        self._info = LeRobotInfo(self.folder, camera)
        self._sticks = find_sticks(self._info, sticks)
        self._episodes = {f"episode-{episode.number:06d}": episode for episode in read_episodes(self._info)}

    @property
    def keys(self) -> Collection[str]:
        """Every episode's key."""
        return self._episodes

    def read(self, key: str) -> Trajectory:
        """Reads one episode.

        Args:
            key: Key of its trajectory.

        Raises:
            ValueError: If its files are damaged, or hold fewer steps than the table says.
        """
        episode, info = self._episodes[key], self._info
        try:
            values, images = self._steps(episode)
        except (OSError, ValueError, IndexError, TypeError, NotImplementedError) as error:  # Arrow's are some of these
            raise ValueError(f"{episode.data}: episode {episode.number}: {error}") from None
        frames, surplus = self._frames(episode, images)
        actions = gamepad_actions(values[:: info.stride], self._sticks, str(episode.data))
        meta = {"player": "human", "dataset": "lerobot", "episode": episode.number}
        if surplus > 0:
            log.warning(
                f"{episode.video}: {surplus} steps behind episode {episode.number} have no action, as after a "
                "discarded take; they are left out"
            )
            meta["discarded_steps"] = surplus
        return Trajectory(key, np.stack(frames), actions, None, meta)

    def _steps(self, episode: LeRobotEpisode) -> tuple[NDArray[np.float64], list[Any]]:
        """Reads an episode's actions in our gamepad's order, `(T, 16)`, and the images of kept steps."""
        info = self._info
        present = parquet.read_schema(episode.data).names
        images = [info.camera] if info.in_table else []
        columns = [info.action, *images, *(name for name in ("frame_index", "timestamp") if name in present)]
        found = _rows(episode.data, columns, episode.number)
        if "frame_index" in present:
            found = found.sort_by("frame_index")
        steps = np.arange(episode.length)
        if len(found) != episode.length or (
            "frame_index" in present and (np.ravel(found["frame_index"].to_pylist()) != steps).any()
        ):
            raise ValueError(
                f"{len(found)} steps; allowed: frame_index 0 to {episode.length - 1}, as the table of episodes says; "
                "if the download was cut off, start it again"
            )
        if "timestamp" in present:
            away = np.abs(np.ravel(found["timestamp"].to_pylist()).astype(np.float64) * info.fps - steps)
            if not (away < NEAR).all():
                step = int(np.argmin(away < NEAR))
                raise ValueError(
                    f"timestamp {found['timestamp'][step]} s at step {step}; allowed: step / fps, and {info.file} has "
                    f"fps {info.fps:g}"
                )
        values = np.asarray(found[info.action].to_pylist(), dtype=np.float64)[:, info.columns]
        return values, found[info.camera].to_pylist()[:: info.stride] if images else []

    def _frames(self, episode: LeRobotEpisode, images: list[Any]) -> tuple[Frames, int]:
        """Returns an episode's kept frames, and how many steps its video has too many."""
        try:
            if episode.video:
                return from_video(episode, self._info.fps, self._info.stride, self._size)
            return from_images(images, self.folder, self._size), 0
        except (OSError, av.FFmpegError, StopIteration, IndexError, AttributeError) as error:
            raise ValueError(f"{episode.video or episode.data}: episode {episode.number}: {error}") from None


def _rows(path: Path, columns: list[str], episode: int) -> pyarrow.Table:
    """Reads the rows of an episode, and no group that has none; PyArrow's own filter may hang on a damaged file."""
    file = parquet.ParquetFile(path)
    if absent := {*columns, EPISODE} - set(file.schema_arrow.names):
        raise ValueError(f"no column {min(absent)!r}; allowed: {', '.join(file.schema_arrow.names)}")
    wanted = []
    for number in range(file.num_row_groups):
        group = file.metadata.row_group(number)
        parts = (group.column(place) for place in range(group.num_columns))
        known = next((part.statistics for part in parts if part.path_in_schema == EPISODE), None)
        if known is None or not known.has_min_max or known.min <= episode <= known.max:
            wanted.append(number)
    found = file.read_row_groups(wanted, columns=[*columns, EPISODE])
    return found.filter(pyarrow.array(np.asarray(found[EPISODE].to_pylist()) == episode, pyarrow.bool_()))
