import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from padzoo.callbacks.heatmap import draw_heatmap, visited
from padzoo.envs.island.plan import outline


def drawn(axes: Axes) -> tuple[np.ma.MaskedArray, tuple[float, float, float, float]]:
    """The counts of the picture and where it lies."""
    (image,) = axes.images
    left, right, bottom, top = image.get_extent()
    return np.ma.asarray(image.get_array()), (left, right, bottom, top)


def test_places_of_all_trajectories_are_joined() -> None:
    first, second = np.zeros((3, 3)), np.ones((2, 3))
    assert visited([first, second]).tolist() == [[0, 0]] * 3 + [[1, 1]] * 2


def test_places_that_are_not_known_are_left_out() -> None:
    places = np.array([[np.nan] * 3, [4, 5, np.nan], [np.nan, 5, 6]])
    assert visited([places]).tolist() == [[4, 5]]


def test_a_map_of_any_size_is_drawn() -> None:
    points = np.array([[0.0, 0.0], [3e6, 1e5]])
    (axes,) = draw_heatmap(points, []).axes
    counts, _ = drawn(axes)
    assert counts.sum() == 2
    assert max(counts.shape) <= 410


def test_every_visit_is_counted_where_it_was() -> None:
    points = np.array([[-300.0, 100.0]] * 5 + [[200.0, 900.0]])
    (axes,) = draw_heatmap(points, outline()).axes
    counts, (left, right, bottom, top) = drawn(axes)
    assert counts.sum() == 6
    for (x, y), times in (((-300.0, 100.0), 5), ((200.0, 900.0), 1)):
        row = int((y - bottom) / (top - bottom) * counts.shape[0])
        column = int((x - left) / (right - left) * counts.shape[1])
        assert counts[row, column] == times
    assert counts.count() == 2  # places where nobody was stay white


def test_the_outline_is_drawn_closed() -> None:
    polygons = [np.array([[0.0, 0.0], [100.0, 0.0], [100.0, 100.0]])]
    (axes,) = draw_heatmap(np.array([[50.0, 20.0]]), polygons, title="here").axes
    (line,) = axes.lines
    assert np.asarray(line.get_xydata()).tolist() == [[0, 0], [100, 0], [100, 100], [0, 0]]
    assert axes.get_title() == "here"


@pytest.mark.parametrize("points", [np.array([[1.0, 2.0]]), np.random.default_rng(0).normal(0, 500, (50, 2))])
def test_without_an_outline_the_picture_fits_the_points(points: np.ndarray) -> None:
    figure = Figure()
    axes = figure.add_subplot()
    assert draw_heatmap(points, [], axes=axes) is figure
    counts, (left, right, bottom, top) = drawn(axes)
    assert counts.sum() == len(points)
    assert left < points[:, 0].min()
    assert right > points[:, 0].max()
    assert bottom < points[:, 1].min()
    assert top > points[:, 1].max()
