from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from padzoo.core.gamepad import NEUTRAL
from padzoo.datamodules.importers.bleeding_edge import BleedingEdge
from padzoo.datamodules.importers.gamepad_actions import gamepad_actions


def save(path: Path, steps: int = 5, first: bool = False, **changed: object) -> np.ndarray:
    """Writes a clip as the public sample has it, with plain NumPy, and returns its pictures (T, 180, 300, 3)."""
    rng = np.random.default_rng(steps)
    images = np.repeat(np.repeat(rng.integers(0, 256, (steps, 9, 15, 3), dtype=np.uint8), 20, axis=1), 20, axis=2)
    actions = np.tile(np.asarray(NEUTRAL, dtype=np.float32), (steps, 1))
    actions[:, 0] = 1
    actions[:, 12:14] = [6, 10]
    stored = images.transpose(0, 3, 1, 2) if first else images
    arrays = {"images": stored, "actions": actions, "states": np.zeros((steps, 56), dtype=np.float32)} | changed
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, **{name: value for name, value in arrays.items() if value is not None})
    return images


@pytest.mark.parametrize("first", [False, True], ids=["channels last", "channels first"])
def test_a_clip_becomes_a_trajectory(tmp_path: Path, first: bool) -> None:
    images = save(tmp_path / "part 1" / "FB_01-A.npz", first=first)
    clips = BleedingEdge(tmp_path, size=64)
    assert list(clips.keys) == ["part-1-fb_01-a"]
    found = clips.read("part-1-fb_01-a")
    assert found.frames.shape == (5, 64, 64, 3)
    fine = images.repeat(16, axis=1).reshape(5, 64, 45, 300, 3).mean(axis=2)  # 180 x 16 = 64 x 45
    expected = fine.repeat(16, axis=2).reshape(5, 64, 64, 75, 3).mean(axis=3)
    np.testing.assert_allclose(found.frames, expected, atol=0.51)
    assert found.actions.tolist() == [[1] + [0] * 11 + [6, 10, 5, 5]] * 5
    assert found.meta == {"player": "human", "game": "bleeding edge", "file": "part 1/FB_01-A.npz"}


def test_what_a_bucket_stands_for_comes_back_to_it() -> None:
    buckets = np.stack([np.arange(11), np.arange(11)[::-1], np.full(11, 5), np.arange(11)], axis=1)
    deflections = np.concatenate([np.zeros((11, 12)), buckets / 5 - 1], axis=1)
    np.testing.assert_array_equal(gamepad_actions(deflections, "unit", "clip")[:, 12:], buckets)
    near = deflections + np.random.default_rng(0).uniform(-0.099, 0.099, deflections.shape)
    near[:, :12] = 0.49
    np.testing.assert_array_equal(gamepad_actions(near.clip(-1, 1), "unit", "clip")[:, 12:], buckets)
    assert not gamepad_actions(near.clip(-1, 1), "unit", "clip")[:, :12].any()


@pytest.mark.parametrize(
    ("value", "sticks"), [(11, "buckets"), (4.5, "buckets"), (-1, "buckets"), (1.01, "unit"), (np.nan, "unit")]
)
def test_a_stick_that_is_nowhere_is_refused(value: float, sticks: str) -> None:
    actions = np.zeros((3, 16))
    actions[1, 15] = value
    with pytest.raises(
        ValueError, match=rf"clip: a button is outside 0 to 1, or a stick is not .* \(--sticks {sticks}\)"
    ):
        gamepad_actions(actions, sticks, "clip")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"actions": None}, "no readable clip"),
        ({"actions": np.array([{"a": 1}] * 5)}, "no readable clip .*pickle"),
        ({"actions": np.zeros((4, 16))}, r"images are uint8 \(5, 180, 300, 3\) for 4 actions"),
        ({"actions": np.zeros((5, 15))}, r"actions are float64 \(5, 15\); allowed: numbers \(T, 16\)"),
        ({"images": np.zeros((5, 180, 300), dtype=np.uint8)}, r"images are uint8 \(5, 180, 300\)"),
        ({"images": np.zeros((5, 180, 300, 3))}, "images are float64"),
    ],
)
def test_a_clip_of_another_form_is_refused(tmp_path: Path, changed: dict[str, object], message: str) -> None:
    save(tmp_path / "clip.npz", **changed)
    with pytest.raises(ValueError, match=rf"clip\.npz: {message}"):
        BleedingEdge(tmp_path).read("clip")


def test_a_folder_without_clips_is_refused(tmp_path: Path) -> None:
    (tmp_path / "clip.npz").write_bytes(b"no zip")
    with pytest.raises(ValueError, match=r"clip\.npz: no readable clip"):
        BleedingEdge(tmp_path).read("clip")
    (tmp_path / "clip.npz").unlink()
    with pytest.raises(ValueError, match=r"no \.npz file; allowed: a folder of them"):
        BleedingEdge(tmp_path)


def test_damage_anywhere_is_one_line(tmp_path: Path) -> None:
    save(tmp_path / "clip.npz")
    whole, rng = (tmp_path / "clip.npz").read_bytes(), np.random.default_rng(0)
    for _ in range(60):
        spoilt = bytearray(whole)
        for place in rng.integers(len(spoilt), size=3):
            spoilt[place] ^= 1 << rng.integers(8)
        (tmp_path / "clip.npz").write_bytes(spoilt)
        with suppress(ValueError):  # or the damage is in a picture's pixels
            BleedingEdge(tmp_path).read("clip")
    with pytest.raises(ValueError, match="size 0: allowed: 1 or more pixels"):
        BleedingEdge(tmp_path, size=0)


def test_no_clip_hides_another(tmp_path: Path) -> None:
    for name in ("a b.npz", "A-b.npz"):
        save(tmp_path / name)
    with pytest.raises(ValueError, match=r"a b\.npz: its key 'a-b' is that of .*A-b\.npz too"):
        BleedingEdge(tmp_path)
