from pathlib import Path

import pytest
from platformdirs import user_cache_path

from datamodules.cache_folder import cache_folder


def test_a_variable_moves_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PADZOO_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.delenv("PADZOO_CACHE")
    assert cache_folder() == user_cache_path("padzoo")
