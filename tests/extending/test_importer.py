from pathlib import Path

import numpy as np
import pytest
from micro import fit, padzoo
from PIL import Image

from padzoo.core.gamepad import COMPONENTS
from padzoo.datamodules.sets.shard_set import ShardSet


@pytest.fixture
def films(tmp_path: Path) -> Path:
    """A red film of 20 pictures and a blue one of 15."""
    folder = tmp_path / "films"
    folder.mkdir()
    for name, color, length in (("x-red", (200, 0, 0), 20), ("a-blue", (0, 0, 200), 15)):
        shades = [tuple(part // (1 + n % 2) for part in color) for n in range(length)]  # equal ones would be merged
        pictures = [Image.new("RGB", (40, 30), shade) for shade in shades]
        pictures[0].save(folder / f"{name}.gif", save_all=True, append_images=pictures[1:], duration=100)
    return folder


@pytest.mark.usefixtures("own_modules")
def test_an_importer_of_ones_own_makes_a_set_to_train_on(films: Path, tmp_path: Path) -> None:
    out = tmp_path / "set"
    assert padzoo("import", "importer.Gifs", films, "--out", out) == 0
    blue, red = ShardSet(out)
    assert (blue.key, red.key, len(blue), len(red)) == ("a-blue", "x-red", 15, 20)
    assert blue.frames.shape == (15, 64, 64, 3)
    assert (red.actions[:, COMPONENTS.index("x")] == 1).all()
    assert np.abs(red.frames[0].mean(axis=(0, 1)) - [200, 0, 0]).max() < 5
    assert fit("policy", "prefft", tmp_path / "run", "--data.train", out).is_file()


@pytest.mark.usefixtures("own_modules")
def test_its_constructors_arguments_are_options(
    films: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert padzoo("import", "importer.Gifs", films, "--out", tmp_path / "small", "--size", 32) == 0
    found = ShardSet(tmp_path / "small")
    assert found[0].frames.shape[1:3] == (32, 32)
    assert found.manifest.source == {"command": "import", "source": "importer.Gifs", "size": 32}
    assert padzoo("import", "importer.Gifs", films, "--out", tmp_path / "none", "--speed", 2) == 2
    assert "--speed" in capsys.readouterr().err
    assert padzoo("import", "importer.Films", films, "--out", tmp_path / "none") == 2
    assert "importer 'importer.Films': module importer has no 'Films'" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()
