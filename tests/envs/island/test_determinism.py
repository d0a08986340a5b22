"""An episode is what its seed and its actions make of it: the same bytes, whatever was played before, wherever."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from walker import film, walk

from padzoo.envs.island.conditions import CONDITIONS
from padzoo.envs.island.launch_island import LaunchIsland


def mashing(seed: int, steps: int) -> list[NDArray[np.int64]]:
    rng = np.random.default_rng(seed)
    return [
        np.concatenate([rng.random(12) < 0.15, rng.integers(3, 8, 1), [9], rng.integers(3, 8, 2)]).astype(np.int64)
        for _ in range(steps)
    ]


@pytest.fixture(scope="module")
def films() -> dict[int, NDArray[np.uint8]]:
    """Episodes in every look and condition, each the first of its process."""
    found = {}
    for seed in range(len(CONDITIONS)):
        env = LaunchIsland(size=64, look="random")
        found[seed] = film(env, seed, mashing(seed, 25), CONDITIONS[seed])
        env.close()
    return found


@pytest.fixture(scope="module")
def worn() -> Iterator[LaunchIsland]:
    env = LaunchIsland(size=64, look="random")
    yield env
    env.close()


@pytest.mark.parametrize("case", range(24))
def test_an_episode_does_not_depend_on_what_was_played_before(
    films: dict[int, NDArray[np.uint8]], worn: LaunchIsland, case: int
) -> None:
    rng = np.random.default_rng(case)
    for _ in range(rng.integers(3)):  # episodes that end where an engine might hang on to something: at once, on a pad
        worn.reset(seed=int(rng.integers(1_000)), options={"condition": rng.choice(CONDITIONS)})
        for action in mashing(case, int(rng.choice([0, 1, 2, 3, 40]))):
            worn.step(action)
    if case % 8 == 0:
        walk(worn, "left", seed=case, options={"spawn": 0})
    seed = case % len(films)
    assert (film(worn, seed, mashing(seed, 25), CONDITIONS[seed]) == films[seed]).all()


def test_another_seed_is_another_episode(films: dict[int, NDArray[np.uint8]]) -> None:
    assert (films[0] != films[1]).any()


def test_another_process_sees_the_same_bytes(films: dict[int, NDArray[np.uint8]], tmp_path: Path) -> None:
    code = (
        "import sys, numpy as np; from padzoo.envs.island.launch_island import LaunchIsland\n"
        "env = LaunchIsland(size=64, look='random')\n"
        f"frames = [env.reset(seed=1, options={{'condition': '{CONDITIONS[1]}'}})[0]]\n"
        "frames += [env.step(action)[0] for action in np.load(sys.argv[1])]\n"
        "np.save(sys.argv[2], np.stack(frames))"
    )
    actions, seen = tmp_path / "actions.npy", tmp_path / "seen.npy"
    np.save(actions, np.stack(mashing(1, 25)))
    subprocess.run([sys.executable, "-c", code, str(actions), str(seen)], timeout=120, check=True)
    assert (np.load(seen) == films[1]).all()
