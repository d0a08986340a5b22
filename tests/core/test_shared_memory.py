from pathlib import Path

import pytest

from padzoo.core import shared_memory
from padzoo.core.shared_memory import check_shared_memory


def test_too_little_is_refused_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_memory, "PLACE", tmp_path)
    check_shared_memory(1, "a game")
    expected = rf"{tmp_path}: [\d,]+ bytes are free; a game may need 1,000,000,000,000,000; allowed: fewer, more shared"
    with pytest.raises(ValueError, match=expected):
        check_shared_memory(10**15, "a game", "fewer, ")


def test_a_system_without_it_does_without_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_memory, "PLACE", tmp_path / "nowhere")
    check_shared_memory(10**15, "a game")
