import json
import re
from pathlib import Path
from typing import Any

import pytest
from lerobot_set import ACTION, CAMERA, FEATURES, NAMES, VIDEO, make

from padzoo.core.gamepad import COMPONENTS
from padzoo.datamodules.importers.lerobot_episode import read_episodes
from padzoo.datamodules.importers.lerobot_info import PATHS, LeRobotInfo

DEPTH = VIDEO | {"video_info": {"video.is_depth_map": True}}


def with_names(names: object, **feature: Any) -> dict[str, Any]:
    return {"features": FEATURES | {"action": ACTION | {"names": names} | feature}}


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"codebase_version": "v1.6"}, "codebase_version 'v1.6'; allowed: v2.0, v2.1, v3.0"),
        ({"codebase_version": None}, "codebase_version None; allowed: v2.0, v2.1, v3.0"),
        ({"fps": 25}, "fps 25; allowed: a multiple of 10"),
        ({"fps": 5}, "fps 5; allowed: a multiple of 10"),
        ({"fps": 10.5}, "fps 10.5; allowed: a multiple of 10"),
        ({"fps": float("nan")}, "fps nan; allowed: a multiple of 10"),
        ({"fps": "30"}, "fps '30'; allowed: a multiple of 10"),
        ({"features": []}, "features []; allowed: a mapping of mappings"),
        (with_names(["a", "b"], shape=[2]), "features.action.names ['a', 'b']: no 'x'"),
        (with_names(None), "features.action.names None: no 'a'; allowed: one that names a, b, x, y"),
        (with_names(["actions"]), "features.action.names ['actions']: no 'a'"),
        (with_names(NAMES[1:]), "16 names for shape [17]; allowed: one for each number"),
        (with_names([*NAMES, "a"], shape=[18]), "17 names for shape [18]; allowed: one for each number"),
        (with_names(dict.fromkeys(NAMES, 0)), "17 names for shape [17]; allowed: one for each number"),
        ({"features": {"action": ACTION}}, "--camera None: allowed, as"),
        ({"features": {"action": ACTION, "depth": DEPTH}}, "info.json says: none"),
        ({"features": {"action": ACTION, "depth": VIDEO | {"info": {"is_depth_map": True}}}}, "info.json says: none"),
        ({"features": FEATURES | {"front": VIDEO}}, f"info.json says: {CAMERA}, front"),
        ({"total_episodes": 1.5}, "total_episodes 1.5; allowed: a whole number from 0"),
        ({"total_episodes": "2"}, "total_episodes '2'; allowed: a whole number from 0"),
        ({"total_episodes": None, "total_frames": True}, "total_frames True; allowed: a whole number from 0"),
        ({"total_episodes": None, "splits": {"train": "80%"}}, "splits {'train': '80%'}; allowed: FROM:TO for each"),
        ({"total_episodes": None, "splits": "train"}, "splits 'train'; allowed: FROM:TO for each"),
        ({"chunks_size": 0, "codebase_version": "v2.1"}, "chunks_size 0; allowed: a whole number from 1"),
        ({"data_path": "../secret-{chunk_index}.parquet"}, "data_path '../secret-{chunk_index}.parquet' leads out of"),
        ({"data_path": "/etc/passwd"}, "data_path '/etc/passwd' leads out of"),
        (
            {"data_path": "data/{chunk}.parquet"},
            "data_path 'data/{chunk}.parquet' (KeyError('chunk')); allowed in it: {chunk_index}, {file_index}",
        ),
    ],
)
def test_what_does_not_fit_is_named(tmp_path: Path, changed: dict[str, Any], message: str) -> None:
    source = make(tmp_path / "source", version=changed.get("codebase_version") or "v3.0")
    info = source / "meta" / "info.json"
    info.write_text(json.dumps(json.loads(info.read_text()) | changed))
    with pytest.raises(ValueError, match=rf"^.*{re.escape(message)}[^\n]*$"):
        read_episodes(LeRobotInfo(source))


def test_an_unknown_camera_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=rf"--camera front: allowed, as .*info.json says: {CAMERA}"):
        LeRobotInfo(make(tmp_path / "source"), camera="front")


def test_one_video_for_several_cameras_is_refused(tmp_path: Path) -> None:
    source = make(tmp_path / "source", features=FEATURES | {"front": VIDEO}, video_path="videos/{file_index}.mp4")
    with pytest.raises(ValueError, match=r"video_path 'videos/\{file_index\}\.mp4'; allowed: one with \{video_key\}"):
        LeRobotInfo(source, camera="front")


@pytest.mark.parametrize(("text", "message"), [("", "no JSON"), ('{"fps": 2', "no JSON"), ("[]", "codebase_version")])
def test_a_damaged_file_is_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "meta").mkdir()
    (tmp_path / "meta" / "info.json").write_text(text)
    with pytest.raises(ValueError, match=rf"meta/info\.json: {message}"):
        LeRobotInfo(tmp_path)


def test_a_folder_that_is_no_data_set_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"meta/info\.json: no such file"):
        LeRobotInfo(tmp_path)


def index(dtype: str = "int64") -> dict[str, Any]:
    return {"dtype": dtype, "shape": [1], "names": None}


def public(version: str, fps: int, total: int, features: dict[str, Any]) -> dict[str, Any]:
    """Returns an `info.json` as LeRobot's recorders write it."""
    counts = {"total_episodes": total, "total_tasks": 1, "chunks_size": 1000, "splits": {"train": f"0:{total}"}}
    indices = {name: index() for name in ("frame_index", "episode_index", "index", "task_index")}
    about = {"codebase_version": version, "robot_type": None, "fps": fps} | counts | PATHS[version]
    return about | {"features": features | indices | {"timestamp": index("float32")}}


def numbers(shape: int, names: object) -> dict[str, Any]:
    return {"dtype": "float32", "shape": [shape], "names": names}


def film(fps: float, *shape: int) -> dict[str, Any]:
    about = {"video.fps": fps, "video.pix_fmt": "yuv420p", "video.is_depth_map": False, "has_audio": False}
    return {"dtype": "video", "shape": list(shape), "info": about}


ARM = ["shoulder_pan.pos", "shoulder_lift.pos", "elbow_flex.pos", "wrist_flex.pos", "wrist_roll.pos", "gripper.pos"]
STEPS = {"delta_x": 0, "delta_y": 1, "delta_z": 2, "gripper": 3}
FOUND = {  # public ones, shortened: what is there, the gamepad's names in the same form, and a camera
    "pollen-robotics/apple_storage": (
        public("v2.0", 30, 50, {"action": numbers(19, None), "observation.image": film(30.0, 3, 720, 960)}),
        NAMES,
        "observation.image",
    ),
    "stefhannisse/push_cube": (
        public(
            "v3.0",
            10,
            15,
            {
                "action": numbers(4, STEPS),
                "next.reward": index("float32"),
                "next.done": index("bool"),
                "observation.images.gripper": film(10, 3, 128, 128),
            },
        ),
        {name: place for place, name in enumerate(NAMES)},
        "observation.images.gripper",
    ),
    "SamueleSandrini/record-test": (
        public(
            "v3.0",
            30,
            4,
            {"action": numbers(6, ARM), "observation.state": numbers(6, ARM)}
            | {f"observation.images.{name}": film(30, 480, 640, 3) for name in ("front", "top")},
        ),
        NAMES,
        "observation.images.top",
    ),
}


@pytest.mark.parametrize("name", FOUND)
def test_what_public_data_sets_say_is_understood_up_to_their_action(tmp_path: Path, name: str) -> None:
    about, names, camera = FOUND[name]
    (tmp_path / "meta").mkdir()
    file = tmp_path / "meta" / "info.json"
    file.write_text(json.dumps(about, indent=4))
    with pytest.raises(ValueError, match=r"^.*info\.json: features\.action\.names [^\n]*: no 'a'; allowed: [^\n]*$"):
        LeRobotInfo(tmp_path, camera)
    file.write_text(json.dumps(about | {"features": about["features"] | {"action": numbers(17, names)}}))
    info = LeRobotInfo(tmp_path, camera)
    assert (info.version, info.fps, info.stride) == (about["codebase_version"], about["fps"], about["fps"] // 10)
    assert [NAMES[column] for column in info.columns] == list(COMPONENTS)
    assert (info.camera, info.in_table) == (camera, False)
    info.check_whole(dict.fromkeys(range(about["total_episodes"]), 1))
    with pytest.raises(ValueError, match="missing: 1 episodes"):
        info.check_whole(dict.fromkeys(range(about["total_episodes"] - 1), 1))
