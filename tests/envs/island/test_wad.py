import struct
import zlib
from pathlib import Path

import numpy as np
import pytest

from padzoo.envs.island.wad import lump, png, wad


def test_a_wad_lists_its_lumps_and_stores_equal_ones_once() -> None:
    lumps = [("A", b"one"), ("MARK", b""), ("B", b"two!"), ("C", b"one")]
    data = wad(lumps)
    kind, count, directory = struct.unpack("<4sii", data[:12])
    entries = list(struct.iter_unpack("<ii8s", data[directory:]))
    assert (kind, count) == (b"PWAD", 4)
    assert [(name.rstrip(b"\0").decode(), data[at : at + size]) for at, size, name in entries] == lumps
    assert entries[0][0] == entries[3][0]
    assert directory == 12 + len(b"onetwo!")


@pytest.mark.parametrize("name", ["", "NINELETTR"])
def test_a_name_must_fit(name: str) -> None:
    with pytest.raises(ValueError, match=f"^lump name '{name}': allowed"):
        wad([(name, b"")])


@pytest.mark.parametrize("channels", [3, 4])
def test_a_png_holds_its_picture(channels: int) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (5, 7, channels), np.uint8)
    data = png(picture, offset=(3, 4))
    chunks, at = {}, 8
    while at < len(data):
        (size,) = struct.unpack(">I", data[at : at + 4])
        kind, content = data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        assert struct.unpack(">I", data[at + 8 + size : at + 12 + size])[0] == zlib.crc32(kind + content)
        chunks[kind] = content
        at += 12 + size
    assert struct.unpack(">II", chunks[b"IHDR"][:8]) == (7, 5)
    assert struct.unpack(">ii", chunks[b"grAb"]) == (3, 4)
    rows = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(5, 1 + 7 * channels)
    assert (rows[:, 0] == 0).all()
    assert (rows[:, 1:].reshape(picture.shape) == picture).all()


def test_a_lump_is_found_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "some.wad"
    path.write_bytes(wad([("FIRST", b"one"), ("SECOND", b"two"), ("EMPTY", b"")]))
    assert [lump(path, name) for name in ("FIRST", "SECOND", "EMPTY")] == [b"one", b"two", b""]
    with pytest.raises(KeyError, match="no lump THIRD"):
        lump(path, "THIRD")
