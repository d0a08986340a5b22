from types import SimpleNamespace

import numpy as np
import pytest
from numpy.typing import NDArray


def left_stick(frames: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Buckets of left_x and left_y: uint8 (..., H, W, 3) to (..., 2)."""
    top = frames[..., : frames.shape[-3] // 2, :, :2].mean(axis=(-3, -2))
    return np.rint(top / 20).astype(np.int64)


def button_a(frames: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Whether `a` is down: uint8 (..., H, W, 3) to (...)."""
    return np.asarray(frames[..., : frames.shape[-3] // 2, :, 2].mean(axis=(-2, -1)) > 127)


def steps(frames: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Number of the step: uint8 (..., H, W, 3) to (...)."""
    return np.rint(frames[..., frames.shape[-3] // 2 :, :, 0].mean(axis=(-2, -1)) / 4).astype(np.int64)


def indices(frames: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Number of the trajectory: uint8 (..., H, W, 3) to (...)."""
    return np.rint(frames[..., frames.shape[-3] // 2 :, :, 1].mean(axis=(-2, -1)) / 10).astype(np.int64)


@pytest.fixture(scope="session")
def pictures() -> SimpleNamespace:
    """Reads back out of frames what `make_trajectory` painted into them."""
    return SimpleNamespace(left_stick=left_stick, button_a=button_a, steps=steps, indices=indices)
