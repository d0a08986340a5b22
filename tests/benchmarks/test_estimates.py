import pytest
from collect import Missing
from estimates import slopes


def test_a_seed_of_one_size_has_no_slope() -> None:
    points = [(0, 4.0, 10.0), (0, 5.0, 20.0), (1, 4.0, 99.0)]
    assert (slopes(points, "size").value, slopes(points, "size").count) == (pytest.approx(10.0), 1)
    with pytest.raises(Missing, match="there is one size"):
        slopes(points[1:], "size")
