import numpy as np
import pytest

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


def test_results_are_not_overwritten_by_the_next_call() -> None:
    reduce = AreaReduction(240, 320, 64)
    white = reduce(np.full((3, 240, 320), 255, np.uint8))
    black = reduce(np.zeros((3, 240, 320), np.uint8))
    assert (white == 255).all()
    assert (black == 0).all()
