"""A zoo of tiny checkpoints that know nothing, and a cache of one's own."""

import shutil
from pathlib import Path

import pytest
from small_zoo import publish_family


@pytest.fixture(autouse=True)
def cache_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache, empty; nothing that is tested touches the user's."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("PADZOO_CACHE", str(folder))
    monkeypatch.delenv("PADZOO_INDEX", raising=False)
    return folder


@pytest.fixture(scope="session")
def family(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A zoo of a policy, one that is stored on it and a reward model that is; do not change it."""
    zoo = tmp_path_factory.mktemp("family")
    publish_family(zoo, tmp_path_factory.mktemp("scratch"))
    return zoo


@pytest.fixture
def zoo_folder(family: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of that zoo, which `PADZOO_INDEX` names."""
    shutil.copytree(family, tmp_path / "zoo")
    monkeypatch.setenv("PADZOO_INDEX", str(tmp_path / "zoo"))
    return tmp_path / "zoo"
