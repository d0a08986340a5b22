import io
import json
from dataclasses import replace

import numpy as np
import pytest

from padzoo.core import codec
from padzoo.core.record import Record
from padzoo.core.trajectory import Trajectory


def members(trajectory: Trajectory) -> dict[str, bytes]:
    return Record.encode(trajectory).members()


def test_members_hold_everything(trajectories: list[Trajectory]) -> None:
    trajectory = trajectories[3]
    stored = Record.from_members(trajectory.key, members(trajectory), "here")
    decoded = stored.decode()
    assert (decoded.key, decoded.meta, len(stored)) == (trajectory.key, trajectory.meta, len(trajectory))
    assert stored.frame_size == (64, 64)
    np.testing.assert_array_equal(decoded.frames, codec.roundtrip(trajectory.frames))
    np.testing.assert_array_equal(decoded.actions, trajectory.actions)
    np.testing.assert_array_equal(decoded.positions, trajectory.positions)


def test_positions_may_be_missing(trajectories: list[Trajectory]) -> None:
    known = trajectories[0]
    bare = Trajectory(known.key, known.frames, known.actions, None, {})
    assert "positions.npy" not in members(bare)
    assert Record.from_members("x", members(bare), "here").positions is None


def npy(array: np.ndarray, **options: bool) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, **options)
    return buffer.getvalue()


def about(**changes: object) -> bytes:
    return json.dumps({"schema": "gamepad-v1", "length": 2, "meta": {}} | changes).encode()


@pytest.mark.parametrize(
    ("kind", "data", "message"),
    [
        ("json", None, "000000.tar: trajectory 'x': no member 'json'"),
        ("mjpeg", None, "no member 'mjpeg'"),
        ("json", b"{", "damaged member 'json'"),
        ("json", about(schema="keyboard-v3"), "action schema 'keyboard-v3' is not supported; allowed: 'gamepad-v1'"),
        ("json", about(), "not 2 steps"),
        ("actions.npy", b"\x93NUMPY", "damaged member 'actions.npy'"),
        ("actions.npy", npy(np.array([{}], dtype=object), allow_pickle=True), "damaged member 'actions.npy'"),
        ("mjpeg", b"cut off", "do not cut its 7 bytes into frames"),
    ],
)
def test_refuses_a_damaged_member(trajectories: list[Trajectory], kind: str, data: bytes | None, message: str) -> None:
    found = members(trajectories[0])
    if data is None:
        del found[kind]
    else:
        found[kind] = data
    with pytest.raises(ValueError, match=message):
        Record.from_members("x", found, "000000.tar")


def test_refuses_meta_that_is_not_json(trajectories: list[Trajectory]) -> None:
    known = trajectories[0]
    for value in (np.float32(1), float("nan")):
        odd = Trajectory(known.key, known.frames, known.actions, None, {"x": value})
        with pytest.raises(ValueError, match="trajectory 'pattern-000': meta is not plain JSON"):
            members(odd)


def test_refuses_what_could_not_be_read_back(trajectories: list[Trajectory]) -> None:
    record = Record.encode(trajectories[0])
    beyond = record.actions.copy()
    beyond[0, 12] = 11
    for wrong, message in (
        (replace(record, actions=beyond), "an action is outside the gamepad"),
        (replace(record, actions=record.actions.astype(np.int64)), "actions are int64"),
        (replace(record, key="a" * 81), "a key is 1 to 80"),
    ):
        with pytest.raises(ValueError, match=message):
            wrong.members()


def test_positions_are_one_a_step(trajectories: list[Trajectory]) -> None:
    record = replace(Record.encode(trajectories[0]), positions=np.zeros((3, 3), np.float32))
    with pytest.raises(ValueError, match=r"trajectory 'pattern-000': positions are \(3, 3\); allowed: \(\d+, 3\)"):
        record.members()
