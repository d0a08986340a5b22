import numpy as np
import pytest
import scaling
from collect import Missing


def surface(parameters: float, frames: float) -> float:
    return 1.5 + 40 * parameters**-0.3 + 300 * frames**-0.5


@pytest.fixture
def grid() -> list[dict[str, float]]:
    rows = []
    for parameters in (3e4, 1e5, 3e5, 1e6):
        for frames in (1e5, 3e5, 1e6, 3e6):
            row = {"parameters": parameters, "frames": frames, "compute": 6 * parameters * frames}
            rows.append(row | {"loss": surface(parameters, frames), "failure": 5e3 * frames**-0.4})
    return rows


def test_a_power_law_is_recovered(grid: list[dict[str, float]]) -> None:
    found = scaling.exponent(grid, "failure", "frames")
    assert (found.value, found.low, found.high) == (pytest.approx(-0.4), -np.inf, np.inf)
    assert found.count == 4  # the largest size alone


def test_the_interval_of_a_noisy_power_law_holds_it() -> None:
    noise = np.exp(np.random.default_rng(0).normal(0, 0.05, size=12))
    frames = np.geomspace(1e5, 1e7, 12)
    rows = [
        {"parameters": 1e5, "frames": x, "compute": x, "failure": 5e3 * x**-0.4 * y}
        for x, y in zip(frames, noise, strict=True)
    ]
    found = scaling.exponent(rows, "failure", "frames")
    assert found.low < -0.4 < found.high
    assert 0.01 < found.high - found.low < 0.1


def test_no_failure_has_no_logarithm() -> None:
    rows = [{"parameters": 1e5, "frames": x, "compute": x, "failure": y} for x, y in ((1e5, 20.0), (1e6, 0.0))]
    with pytest.raises(Missing, match="fewer than two frames of which failure is above 0"):
        scaling.exponent(rows, "failure", "frames")


def test_the_compute_optimal_share_is_recovered(grid: list[dict[str, float]]) -> None:
    # Minimising A N^-a + B D^-b at C = k N D gives N ~ C^(b / (a + b)).
    found = scaling.optimum(grid)
    assert found.value == pytest.approx(0.5 / 0.8, abs=0.02)
    assert found.low <= found.value <= found.high


def test_the_optimum_is_where_a_search_finds_it() -> None:
    def best(compute: float) -> float:
        sizes = np.geomspace(1e3, 1e7, 4000)
        return float(sizes[np.argmin([surface(n, compute / n) for n in sizes])])

    growth = np.log(best(1e13) / best(1e11)) / np.log(100)
    assert growth == pytest.approx(0.5 / 0.8, abs=0.01)
