import io

import numpy as np
import pytest
from PIL import Image

from padzoo.core import codec


def noise(length: int, height: int, width: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, size=(length, height // 8, width // 8, 3), dtype=np.uint8)
    return coarse.repeat(8, axis=1).repeat(8, axis=2)


@pytest.mark.parametrize(("height", "width"), [(64, 64), (128, 128), (72, 104)])
def test_any_stretch_decodes_to_the_pixels_of_the_roundtrip(height: int, width: int) -> None:
    frames = noise(9, height, width)
    stored = codec.roundtrip(frames)
    data, offsets = codec.encode_frames(frames)
    assert offsets.dtype == np.uint32
    assert offsets.tolist()[-1] == len(data)
    np.testing.assert_array_equal(codec.decode_frames(data, offsets, 0, 9), stored)
    np.testing.assert_array_equal(codec.decode_frames(data, offsets, 4, 7), stored[4:7])
    error = np.abs(stored.astype(int) - frames)
    assert 0 < error.mean() < 2  # lossy, but close
    np.testing.assert_array_equal(codec.roundtrip(frames.reshape(3, 3, height, width, 3))[1], stored[3:6])


def test_rows_decode_in_the_order_asked_for() -> None:
    frames = noise(6, 64, 64)
    data, offsets = codec.encode_frames(frames)
    out = np.empty((3, 64, 64, 3), dtype=np.uint8)
    codec.decode_rows(data, offsets, [5, 0, 3], out)
    np.testing.assert_array_equal(out, codec.roundtrip(frames)[[5, 0, 3]])


def test_frames_are_ordinary_jpeg_with_full_colour_resolution() -> None:
    frames = noise(2, 64, 64)
    data, offsets = codec.encode_frames(frames)
    image = Image.open(io.BytesIO(data[offsets[1] : offsets[2]]))
    assert image.format == "JPEG"
    assert {(horizontal, vertical) for _, horizontal, vertical, _ in image.layer} == {(1, 1)}  # type: ignore[attr-defined]
    np.testing.assert_array_equal(np.asarray(image), codec.roundtrip(frames)[1])


def test_a_frame_of_another_size_is_refused() -> None:
    large, small = codec.encode_frames(noise(1, 64, 64)), codec.encode_frames(noise(1, 32, 32))
    data = large[0] + small[0]
    offsets = np.array([0, len(large[0]), len(data)], dtype=np.uint32)
    with pytest.raises(ValueError, match=r"a stored frame is \(32, 32\); the set's frames are \(64, 64\)"):
        codec.decode_frames(data, offsets, 0, 2)
