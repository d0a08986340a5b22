import hashlib
import json
import shutil
from pathlib import Path

import pytest

from padzoo.datamodules.sets.manifest import Manifest


@pytest.fixture
def copy(shards: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(shards, tmp_path / "copy"))


def edit(folder: Path, **changes: object) -> None:
    index = folder / "index.json"
    index.write_text(json.dumps(json.loads(index.read_text()) | changes))


def test_describes_the_set(shards: Path) -> None:
    manifest = Manifest.load(shards)
    assert (manifest.samples, manifest.height, manifest.width) == (24, 64, 64)
    assert manifest.outcomes == {"left": 6, "middle": 6, "none": 6, "right": 6}
    assert manifest.frames == sum(shard.frames for shard in manifest.shards)
    for shard, path in zip(manifest.shards, manifest.paths, strict=True):
        assert shard.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert manifest.fingerprint == hashlib.sha256((shards / "index.json").read_bytes()).hexdigest()


def test_refuses_a_missing_or_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="nowhere: no such folder"):
        Manifest.load(tmp_path / "nowhere")
    with pytest.raises(ValueError, match="the folder is empty"):
        Manifest.load(tmp_path)
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(ValueError, match=r"not a set of shards; allowed: a folder of shards with index\.json"):
        Manifest.load(tmp_path)


def test_refuses_a_missing_or_cut_shard(copy: Path) -> None:
    shard = copy / "000002.tar"
    whole = shard.read_bytes()
    shard.write_bytes(whole[:-512])
    with pytest.raises(ValueError, match=rf"000002\.tar: the shard has {len(whole) - 512} bytes"):
        Manifest.load(copy)
    shard.unlink()
    with pytest.raises(ValueError, match=r"000002\.tar: the shard is missing"):
        Manifest.load(copy)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"schema": "keyboard-v3"}, "action schema 'keyboard-v3' is not supported; allowed: 'gamepad-v1'"),
        ({"format": "zip"}, "format 'zip' is not supported; allowed: 'padzoo-shards-v1'"),
        ({"samples": 25}, "do not add up"),
        ({"shards": []}, "do not add up"),
        ({"shards": [{"name": "000000.tar"}]}, r"index\.json: key 'shards\[0\]\.samples' is missing"),
        ({"height": "64"}, r"index\.json: height is '64', expected int"),
        ({"heigth": 64}, r"index\.json: key 'heigth' is not known; did you mean 'height'\?"),
    ],
)
def test_refuses_another_schema_or_format(copy: Path, changes: dict[str, object], message: str) -> None:
    edit(copy, **changes)
    with pytest.raises(ValueError, match=message) as caught:
        Manifest.load(copy)
    assert "\n" not in str(caught.value)


def test_no_shard_lies_outside_the_folder(copy: Path) -> None:
    found = json.loads((copy / "index.json").read_text())
    found["shards"][0]["name"] = "../copy/000000.tar"
    edit(copy, **found)
    with pytest.raises(ValueError, match=r"shard name '\.\./copy/000000\.tar' is not allowed"):
        Manifest.load(copy)


def test_refuses_an_index_that_is_not_json(copy: Path) -> None:
    (copy / "index.json").write_text("{")
    with pytest.raises(ValueError, match="not a manifest of shards"):
        Manifest.load(copy)
