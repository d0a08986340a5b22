"""A trajectory as it lies in a shard: one tar member per kind, frames still encoded."""

import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from padzoo.core import codec
from padzoo.core.gamepad import SCHEMA, check_schema
from padzoo.core.trajectory import KEY, Meta, Trajectory, TrajectorySummary, check_actions, check_key

KINDS: Final = ("mjpeg", "offsets.npy", "actions.npy", "positions.npy", "json")
MEMBER: Final = re.compile(rf"(?P<key>{KEY.pattern})\.(?P<kind>{'|'.join(map(re.escape, KINDS))})")


@dataclass(frozen=True, eq=False)
class Record:
    """One stored trajectory; `decode` gives the frames.

    Args:
        key: The trajectory's name.
        data: MJPEG stream of the frames.
        offsets: Where the frames begin and end in it, uint32 `(T + 1,)`.
        actions: Gamepad actions, int8 `(T, 16)`.
        positions: x, y, heading, float32 `(T, 3)`, NaN where unknown; or None.
        meta: JSON values.
    """

    key: str
    data: bytes
    offsets: NDArray[np.uint32]  # (T + 1,)
    actions: NDArray[np.int8]  # (T, 16)
    positions: NDArray[np.float32] | None  # (T, 3)
    meta: Meta

    def __len__(self) -> int:
        return len(self.actions)

    @property
    def frame_size(self) -> tuple[int, int]:
        """Height and width of the frames in pixels."""
        return codec.frame_size(self.data[: self.offsets[1]])

    @classmethod
    def encode(cls, trajectory: Trajectory) -> "Record":
        """Packs a trajectory for storage.

        Args:
            trajectory: What to store.
        """
        data, offsets = codec.encode_frames(trajectory.frames)
        return cls(trajectory.key, data, offsets, trajectory.actions, trajectory.positions, trajectory.meta)

    def decode(self) -> Trajectory:
        """Unpacks every frame."""
        frames = codec.decode_frames(self.data, self.offsets, 0, len(self))
        return Trajectory(self.key, frames, self.actions, self.positions, self.meta)

    def read_rows(self, rows: NDArray[np.int64], out: NDArray[np.uint8]) -> None:
        """Unpacks chosen frames only.

        Args:
            rows: Steps, `(n,)`.
            out: Written, uint8 `(n, H, W, 3)`.
        """
        codec.decode_rows(self.data, self.offsets, rows.tolist(), out)

    def members(self) -> dict[str, bytes]:
        """Returns the tar members, kind to bytes; the same record gives the same bytes.

        Raises:
            ValueError: If the key is none, an action is not the gamepad's, `meta` holds anything but finite JSON
                values, or the positions are not one a step.
        """
        check_key(self.key)
        check_actions(self.key, self.actions)
        if self.positions is not None and self.positions.shape != (len(self), 3):
            raise ValueError(
                f"trajectory {self.key!r}: positions are {self.positions.shape}; allowed: ({len(self)}, 3) or None"
            )
        about = {"schema": SCHEMA, "length": len(self), "meta": self.meta}
        try:
            text = json.dumps(about, sort_keys=True, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise ValueError(f"trajectory {self.key!r}: meta is not plain JSON ({error})") from None
        members = {
            "mjpeg": self.data,
            "offsets.npy": _npy_bytes(self.offsets),
            "actions.npy": _npy_bytes(self.actions),
            "json": text.encode(),
        }
        if self.positions is not None:
            members["positions.npy"] = _npy_bytes(self.positions)
        return {kind: members[kind] for kind in KINDS if kind in members}

    @classmethod
    def from_members(cls, key: str, members: Mapping[str, bytes], source: str) -> "Record":
        """Reads a record from its tar members.

        Args:
            key: The trajectory's name.
            members: Kind to bytes; others than the format's are ignored.
            source: The shard, for messages.

        Raises:
            ValueError: If a member is missing or damaged, or was made for another action schema.
        """
        where = f"{source}: trajectory {key!r}"
        check_key(key)
        missing = [kind for kind in KINDS if kind not in members and kind != "positions.npy"]
        if missing:
            raise ValueError(f"{where}: no member {missing[0]!r}")
        summary = read_summary(key, members["json"], source)
        actions = _read_npy(members["actions.npy"], "actions.npy", where)
        check_actions(key, actions)
        offsets = _read_npy(members["offsets.npy"], "offsets.npy", where)
        if len(actions) != summary.length or offsets.shape != (summary.length + 1,):
            raise ValueError(f"{where}: {len(actions)} actions and {len(offsets)} offsets, not {summary.length} steps")
        if offsets[0] != 0 or offsets[-1] != len(members["mjpeg"]) or (np.diff(offsets.astype(np.int64)) <= 0).any():
            raise ValueError(f"{where}: the offsets do not cut its {len(members['mjpeg'])} bytes into frames")
        positions = _read_npy(members["positions.npy"], "positions.npy", where) if "positions.npy" in members else None
        return cls(key, members["mjpeg"], offsets, actions, positions, summary.meta)


def read_summary(key: str, about: bytes, source: str) -> TrajectorySummary:
    """Reads what is known about a stored trajectory from its JSON member.

    Args:
        key: The trajectory's name.
        about: The member's bytes.
        source: The shard, for messages.

    Raises:
        ValueError: If it is damaged, or was made for another action schema.
    """
    where = f"{source}: trajectory {key!r}"
    try:
        found = json.loads(about)
        schema, length, meta = found["schema"], int(found["length"]), dict(found["meta"])
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{where}: damaged member 'json' ({error!r})") from None
    check_schema(schema, where)
    return TrajectorySummary(key, length, meta)


def _npy_bytes(array: NDArray[Any]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def _read_npy(data: bytes, kind: str, where: str) -> NDArray[Any]:
    try:
        start = 10 + int.from_bytes(data[8:10], "little")
        shape, fortran, dtype = _npy_header(data[:start])
        values = np.frombuffer(data, dtype, offset=start)  # never of objects: it refuses them
        return values.reshape(shape, order="F" if fortran else "C").copy()
    except ValueError as error:
        raise ValueError(f"{where}: damaged member {kind!r} ({error})") from None


@lru_cache(maxsize=1024)  # parsing took 36 microseconds in a profile, a third of decoding a frame; most are alike
def _npy_header(head: bytes) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    stream = io.BytesIO(head)
    if np.lib.format.read_magic(stream) != (1, 0):
        raise ValueError("not in version 1.0 of NumPy's format")
    header: tuple[tuple[int, ...], bool, np.dtype[Any]] = np.lib.format.read_array_header_1_0(stream)
    return header
