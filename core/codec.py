"""How frames are stored: JPEG, quality 95, no chroma subsampling, one after another in one legal MJPEG stream.

On the launch island that is 10 KB a frame of 128 x 128 (5 times below raw) at 40 dB; 4:2:0 would cost 5 dB. The
decoder's fast modes stay off: with them the same bytes give other pixels than Pillow or torchvision give. Training sees
decoded pixels, so acting must see them too: the agent encodes and decodes every frame that it acts on, 0.09 ms at
64 x 64 and 0.27 ms at 128 x 128, and what it encoded is what is stored.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
import simplejpeg
from numpy.typing import NDArray

QUALITY: Final = 95


def encode(frames: NDArray[np.uint8]) -> list[bytes]:
    """Encodes frames one by one.

    Args:
        frames: Observations, uint8 `(n, H, W, 3)`.

    Returns:
        A JPEG image each.
    """
    return [_encode(frame) for frame in frames]


def decode(images: Sequence[bytes]) -> NDArray[np.uint8]:
    """Decodes images one by one.

    Args:
        images: JPEG images of one size, n of them, at least one.

    Returns:
        Frames, uint8 `(n, H, W, 3)`.

    Raises:
        ValueError: If one is not a JPEG image of the first one's size.
    """
    frames = np.empty((len(images), *frame_size(images[0]), 3), dtype=np.uint8)
    for image, frame in zip(images, frames, strict=True):
        _decode(image, frame)
    return frames


def encode_frames(frames: NDArray[np.uint8]) -> tuple[bytes, NDArray[np.uint32]]:
    """Packs frames into one MJPEG stream.

    Args:
        frames: Observations, uint8 `(T, H, W, 3)`.

    Returns:
        The stream and where its frames begin and end: uint32 `(T + 1,)`, frame t is `data[offsets[t]:offsets[t + 1]]`.
    """
    images = encode(frames)
    offsets = np.zeros(len(images) + 1, dtype=np.uint32)
    np.cumsum([len(image) for image in images], out=offsets[1:])
    return b"".join(images), offsets


def decode_frames(data: bytes, offsets: NDArray[np.uint32], start: int, stop: int) -> NDArray[np.uint8]:
    """Unpacks the frames of one stretch; what lies outside is not touched.

    Args:
        data: The MJPEG stream.
        offsets: Where its frames begin and end, `(T + 1,)`.
        start: First frame.
        stop: One behind the last frame, above `start`.

    Returns:
        uint8 `(stop - start, H, W, 3)`.

    Raises:
        ValueError: If a frame is not a JPEG image of the first one's size.
    """
    height, width = frame_size(data[offsets[start] : offsets[start + 1]])
    frames = np.empty((stop - start, height, width, 3), dtype=np.uint8)
    decode_rows(data, offsets, range(start, stop), frames)
    return frames


def decode_rows(data: bytes, offsets: NDArray[np.uint32], rows: Iterable[int], out: NDArray[np.uint8]) -> None:
    """Unpacks chosen frames straight into an array.

    Args:
        data: The MJPEG stream.
        offsets: Where its frames begin and end, `(T + 1,)`.
        rows: Numbers of the frames, n of them.
        out: Written, C-contiguous uint8 `(n or more, H, W, 3)`.

    Raises:
        ValueError: If a frame is not a JPEG image of this height and width.
    """
    view = memoryview(data)
    for row, image in zip(rows, out, strict=False):
        _decode(view[offsets[row] : offsets[row + 1]], image)


def roundtrip(frames: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Gives frames the pixels that they would have after storage.

    Args:
        frames: Observations, uint8 `(..., H, W, 3)`.

    Returns:
        The same frames after encoding and decoding, a new array of the same shape.
    """
    flat = frames.reshape(-1, *frames.shape[-3:])
    return decode(encode(flat)).reshape(frames.shape)


def frame_size(image: bytes) -> tuple[int, int]:
    """Reads the height and width of one JPEG image from its header.

    Args:
        image: One JPEG image.

    Returns:
        Height and width in pixels.

    Raises:
        ValueError: If it is not a JPEG image.
    """
    height, width, _, _ = simplejpeg.decode_jpeg_header(image)
    return height, width


def _encode(frame: NDArray[np.uint8]) -> bytes:
    image: bytes = simplejpeg.encode_jpeg(
        np.ascontiguousarray(frame), quality=QUALITY, colorspace="RGB", colorsubsampling="444", fastdct=False
    )
    return image


def _decode(image: bytes | memoryview, out: NDArray[np.uint8]) -> None:
    decoded = simplejpeg.decode_jpeg(image, "RGB", fastdct=False, fastupsample=False, buffer=out)
    if decoded.shape != out.shape:  # a smaller image would leave the rest of the buffer as it was
        raise ValueError(f"a stored frame is {decoded.shape[:2]}; the set's frames are {out.shape[:2]}")
