"""Doom's file formats: the WAD container and the pictures in it."""

import struct
import zlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


def wad(lumps: Iterable[tuple[str, bytes]]) -> bytes:
    """Packs lumps into a patch WAD; equal contents are stored once.

    Args:
        lumps: Name (at most 8 characters) and content, in order; a marker's content is empty.

    Returns:
        The bytes of the file.

    Raises:
        ValueError: If a name does not fit its 8 bytes.
    """
    body = bytearray()
    stored: dict[bytes, int] = {}
    directory = bytearray()
    entries = 0
    for name, content in lumps:
        if not 0 < len(name) <= 8:
            raise ValueError(f"lump name {name!r}: allowed are 1 to 8 characters")
        if content not in stored:
            stored[content] = 12 + len(body)
            body += content
        directory += struct.pack("<ii8s", stored[content], len(content), name.encode("ascii"))
        entries += 1
    return struct.pack("<4sii", b"PWAD", entries, 12 + len(body)) + bytes(body) + bytes(directory)


def lump(path: Path, name: str) -> bytes:
    """Reads the first lump of a name from a WAD.

    Args:
        path: The file.
        name: The lump's name.

    Raises:
        KeyError: If it holds none.
    """
    with path.open("rb") as file:
        _, entries, start = struct.unpack("<4sii", file.read(12))
        file.seek(start)
        for place, length, found in struct.iter_unpack("<ii8s", file.read(16 * entries)):
            if found.rstrip(b"\0") == name.encode("ascii"):
                file.seek(place)
                return file.read(length)
    raise KeyError(f"{path}: no lump {name}")


def png(picture: NDArray[np.uint8], offset: tuple[int, int] | None = None) -> bytes:
    """Encodes a picture as PNG.

    Args:
        picture: `(H, W, 3)`, or `(H, W, 4)` with transparency.
        offset: For a sprite, the pixel that stands on the actor's spot, as (from left, from top); Doom's `grAb` chunk.

    Returns:
        The bytes of the file.
    """
    height, width, channels = picture.shape
    rows = np.concatenate([np.zeros((height, 1), np.uint8), picture.reshape(height, -1)], axis=1)
    header = struct.pack(">IIBBBBB", width, height, 8, {3: 2, 4: 6}[channels], 0, 0, 0)
    chunks = [(b"IHDR", header)]
    if offset is not None:
        chunks.append((b"grAb", struct.pack(">ii", *offset)))
    chunks += [(b"IDAT", zlib.compress(rows.tobytes(), 6)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
