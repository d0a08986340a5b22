import os
import signal
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from padzoo.envs import area
from padzoo.envs.area import AreaReduction


def exact(old: int, new: int) -> np.ndarray:
    """The share of each old pixel in each new one, `(new, old)`, from the overlap of their intervals."""
    edges = np.arange(new + 1) * old / new
    low = np.arange(old)
    overlap = np.minimum(edges[1:, None], low + 1) - np.maximum(edges[:-1, None], low)
    return np.clip(overlap, 0, None) * new / old


@pytest.mark.parametrize("size", [1, 7, 64, 127, 128, 300])
def test_a_new_pixel_is_the_mean_of_what_it_covers(size: int) -> None:
    planes = np.random.default_rng(size).integers(0, 256, (3, 240, 320), np.uint8)
    wanted = np.einsum("ay,cyx,bx->abc", exact(240, size), planes.astype(float), exact(320, size), optimize=True)
    small = AreaReduction(240, 320, size)(planes)
    assert small.shape == (size, size, 3)
    assert small.dtype == np.uint8
    assert np.abs(small - wanted).max() <= 0.5 + 1e-6


def shares(old: int, new: int) -> NDArray[np.int64]:
    """The parts of each old pixel in each new one, `(new, old)`; an old pixel is `new` parts wide, a new one `old`."""
    edges, low = np.arange(new + 1) * old, np.arange(old) * new
    return np.clip(np.minimum(edges[1:, None], low + new) - np.maximum(edges[:-1, None], low), 0, None)


@pytest.mark.parametrize("shape", [(150, 200), (240, 320), (210, 160), (227, 331), (5, 3), (64, 64)])
@pytest.mark.parametrize("size", [1, 50, 64, 128])
def test_the_rule_is_whole_parts_and_halves_up(shape: tuple[int, int], size: int) -> None:
    height, width = shape
    rng = np.random.default_rng(height)
    palette, indices = rng.integers(0, 256, (256, 3), np.uint8), rng.integers(0, 256, shape, np.uint8)
    planes = palette[indices].transpose(2, 0, 1)
    parts = height * width
    sums = shares(height, size) @ planes.astype(np.int64) @ shares(width, size).T
    wanted = ((2 * sums + parts) // (2 * parts)).transpose(1, 2, 0)
    assert np.array_equal(AreaReduction(height, width, size)(planes), wanted)
    assert np.array_equal(AreaReduction(height, width, size, palette)(indices), wanted)


@pytest.mark.parametrize("value", [0, 1, 254, 255])
def test_the_greatest_sums_do_not_run_over(value: int) -> None:
    for shape in ((150, 200), (2048, 4), (2047, 2048)):  # 1875, 8 and, of a size that hardly divides it, many parts
        planes = np.full((3, *shape), value, np.uint8)
        assert (AreaReduction(*shape, 64)(planes) == value).all()


def test_results_are_not_overwritten_by_the_next_call() -> None:
    reduce = AreaReduction(240, 320, 64)
    white = reduce(np.full((3, 240, 320), 255, np.uint8))
    black = reduce(np.zeros((3, 240, 320), np.uint8))
    assert (white == 255).all()
    assert (black == 0).all()


def test_a_ctrl_c_as_it_compiles_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    def compiles(*arguments: Any, reduce: Any = area._reduce) -> Any:
        try:
            os.kill(os.getpid(), signal.SIGINT)
            return reduce(*arguments)
        except KeyboardInterrupt:  # a callback of the compiler's prints it and goes on
            return None

    monkeypatch.setattr(area, "_compiled_for", set())
    monkeypatch.setattr(area, "_reduce", compiles)
    with pytest.raises(KeyboardInterrupt):
        AreaReduction(8, 8, 4)(np.zeros((3, 8, 8), np.uint8))
