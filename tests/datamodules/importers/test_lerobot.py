import json
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from micro import padzoo

from padzoo.core.gamepad import AXES, BUTTONS
from padzoo.datamodules.importers.lerobot import LeRobot
from padzoo.datamodules.sets.shard_set import ShardSet

CAMERA = "observation.images.screen"
LENGTHS = (31, 24)
NAMES = ["menu", *AXES, *reversed(BUTTONS)]  # another order than ours, and a part that we do not know


def shade(episode: int, step: int) -> int:
    return 20 + 100 * episode + 3 * step


def actions(episode: int) -> np.ndarray:
    """Deflections and buttons of every step, `(T, 17)` in the order of NAMES."""
    rng = np.random.default_rng(episode)
    buttons = rng.integers(0, 2, (LENGTHS[episode], 12))
    sticks = rng.integers(0, 11, (LENGTHS[episode], 4)) / 5 - 1
    return np.concatenate([np.ones((LENGTHS[episode], 1)), sticks, buttons], axis=1).astype(np.float32)


def make(folder: Path, fps: int = 20, **changed: object) -> Path:
    """Writes a set of two episodes in one video and one table, by pyarrow and PyAV alone."""
    for part in ("meta/episodes/chunk-000", "data/chunk-000", f"videos/{CAMERA}/chunk-000"):
        (folder / part).mkdir(parents=True)
    features = {
        CAMERA: {"dtype": "video", "shape": [96, 128, 3], "names": ["height", "width", "channels"]},
        "action": {"dtype": "float32", "shape": [17], "names": NAMES},
    }
    about = {"codebase_version": "v3.0", "fps": fps, "total_episodes": 2, "features": features}
    about["data_path"] = "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet"
    about["video_path"] = "videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4"
    (folder / "meta" / "info.json").write_text(json.dumps(about | changed))
    with av.open(folder / f"videos/{CAMERA}/chunk-000/file-003.mp4", "w") as film:
        stream = film.add_stream("libx264", rate=fps, options={"g": "8", "crf": "10"})
        stream.width, stream.height, stream.pix_fmt, stream.time_base = 128, 96, "yuv420p", Fraction(1, fps)
        for episode, length in enumerate(LENGTHS):
            for step in range(length):
                picture = np.full((96, 128, 3), shade(episode, step), dtype=np.uint8)
                film.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        film.mux(stream.encode())
    rows = [(episode, step) for episode, length in enumerate(LENGTHS) for step in range(length)]
    table = {
        "episode_index": [episode for episode, _ in rows],
        "frame_index": [step for _, step in rows],
        "action": [actions(episode)[step].tolist() for episode, step in rows],
    }
    pq.write_table(pa.table(table), folder / "data/chunk-000/file-002.parquet")
    table = {
        "episode_index": [0, 1],
        "length": list(LENGTHS),
        "data/chunk_index": [0, 0],
        "data/file_index": [2, 2],
        f"videos/{CAMERA}/chunk_index": [0, 0],
        f"videos/{CAMERA}/file_index": [3, 3],
        f"videos/{CAMERA}/from_timestamp": [0.0, LENGTHS[0] / fps],
        f"videos/{CAMERA}/to_timestamp": [LENGTHS[0] / fps, sum(LENGTHS) / fps],
    }
    pq.write_table(pa.table(table), folder / "meta/episodes/chunk-000/file-000.parquet")
    return folder


def test_every_second_frame_of_20_a_second_keeps_its_action(tmp_path: Path) -> None:
    out = tmp_path / "set"
    assert padzoo("import", "lerobot", make(tmp_path / "source"), "--size", 64, "--out", out) == 0
    archive = ShardSet(out)
    assert archive.keys == ("episode-000000", "episode-000001")
    for episode, trajectory in enumerate(archive):
        steps = range(0, LENGTHS[episode], 2)
        assert trajectory.frames.shape == (len(steps), 64, 64, 3)
        means = trajectory.frames.mean(axis=(1, 2, 3))
        np.testing.assert_allclose(means, [shade(episode, step) for step in steps], atol=2.5)
        found = actions(episode)[::2]
        np.testing.assert_array_equal(trajectory.actions[:, :12], found[:, :4:-1])  # 16 to 5: its buttons, reversed
        np.testing.assert_allclose(trajectory.actions[:, 12:] / 5 - 1, found[:, 1:5], atol=1e-6)
        assert trajectory.meta == {"player": "human", "dataset": "lerobot", "episode": episode}


def test_ten_frames_a_second_are_all_kept(tmp_path: Path) -> None:
    recordings = LeRobot(make(tmp_path / "source", fps=10), size=64)
    assert [len(recordings.read(key)) for key in recordings.keys] == list(LENGTHS)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"codebase_version": "v2.1"}, r"version v2\.1, 20 frames a second; allowed: v3\.0, a multiple of 10"),
        ({"fps": 25}, r"version v3\.0, 25 frames a second"),
        ({"features": {"action": {"dtype": "float32", "names": ["a", "b"]}}}, r"action \['a', 'b'\]: no 'x'; allowed"),
        ({"features": {"action": {"dtype": "float32", "names": NAMES}}}, r"--camera None: allowed, as .*: none"),
    ],
)
def test_what_is_no_gamepad_set_is_refused(tmp_path: Path, changed: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        LeRobot(make(tmp_path / "source", **changed))


def test_an_unknown_camera_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=rf"--camera front: allowed, as .*info.json says: {CAMERA}"):
        LeRobot(make(tmp_path / "source"), camera="front")


def test_no_path_leads_out_of_the_set(tmp_path: Path) -> None:
    recordings = LeRobot(make(tmp_path / "source", data_path="../secret-{chunk_index}.parquet"))
    with pytest.raises(ValueError, match=r"data_path '\.\./secret-\{chunk_index\}\.parquet' leads out of the data set"):
        recordings.read("episode-000000")


def test_a_video_that_is_cut_off_is_named(tmp_path: Path) -> None:
    recordings = LeRobot(make(tmp_path / "source"), size=64)
    film = next((tmp_path / "source").rglob("*.mp4"))
    film.write_bytes(film.read_bytes()[:600])
    with pytest.raises(ValueError, match=r"source: episode 0: "):
        recordings.read("episode-000000")
