from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from lerobot_set import CAMERA, LENGTHS, make, png, shade, write_episodes, write_video

from padzoo.datamodules.importers.lerobot import LeRobot
from padzoo.datamodules.importers.lerobot_pictures import from_images

VIDEO = f"videos/{CAMERA}/chunk-000/file-003.mp4"
SHADES = [shade(episode, step) for episode in range(2) for step in range(LENGTHS[episode])]


@pytest.mark.parametrize("times", [2, 3, 4])
def test_a_faster_video_is_read_by_time(tmp_path: Path, times: int) -> None:
    source = make(tmp_path / "source")
    faster = [value if part == 0 else 255 for value in SHADES for part in range(times)]
    write_video(source / VIDEO, faster, Fraction(20 * times))
    frames = LeRobot(source, size=64).read("episode-000001").frames
    np.testing.assert_allclose(frames.mean(axis=(1, 2, 3)), [shade(1, step) for step in range(0, 24, 2)], atol=6)


def test_a_slower_video_is_refused(tmp_path: Path) -> None:
    source = make(tmp_path / "source")
    write_video(source / VIDEO, SHADES, Fraction(19))
    with pytest.raises(ValueError, match=r"its episodes end at 2\.750 s|at fps 20; the video has 19 pictures a second"):
        LeRobot(source, size=64).read("episode-000000")


def test_a_start_that_has_drifted_is_refused(tmp_path: Path) -> None:
    source = make(tmp_path / "source")
    name = f"videos/{CAMERA}/from_timestamp"
    write_episodes(source / "meta", 20, list(LENGTHS), **{name: [0.0, 31 / 20 - 0.02]})
    with pytest.raises(
        ValueError, match=r"file-003\.mp4: no picture at 0\.000 s of episode 1, which begins at 1\.530 s"
    ):
        LeRobot(source, size=64).read("episode-000001")


def test_takes_that_no_table_knows_are_refused(tmp_path: Path) -> None:
    source = make(tmp_path / "source")
    write_video(source / VIDEO, [*SHADES[:31], *[250] * 7, *SHADES[31:]], Fraction(20))
    with pytest.raises(
        ValueError, match=r"3\.100 s, and its episodes end at 2\.750 s: where each of them begins is not"
    ):
        LeRobot(source, size=64).read("episode-000000")


def test_a_video_that_ends_early_is_refused(tmp_path: Path) -> None:
    source = make(tmp_path / "source")
    write_video(source / VIDEO, SHADES[:-4], Fraction(20))
    recordings = LeRobot(source, size=64)
    assert len(recordings.read("episode-000000")) == 16
    with pytest.raises(ValueError, match=r"no picture at 1\.000 s of episode 1"):
        recordings.read("episode-000001")


def test_images_are_read_from_bytes_and_from_paths(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "frame.png").write_bytes(png(40))
    values = [
        png(20),
        {"bytes": png(30), "path": None},
        {"bytes": None, "path": "images/frame.png"},
        "images/frame.png",
    ]
    frames = from_images(values, tmp_path, 64)
    np.testing.assert_array_equal([frame.mean() for frame in frames], [20, 30, 40, 40])


@pytest.mark.parametrize("value", [None, {"bytes": None, "path": None}, "../frame.png", "/frame.png"])
def test_an_image_that_is_nowhere_is_refused(tmp_path: Path, value: object) -> None:
    with pytest.raises(ValueError, match=r"image .*; allowed: its bytes, or a path inside the data set"):
        from_images([value], tmp_path, 64)
