import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from upath import UPath
from web import Server, serve

from padzoo.core import patient_file
from padzoo.core.patient_file import UnreachableError
from padzoo.zoo.hub.store import open_store

SIZE = 8_000_000  # over HTTP fsspec asks for 5 MB at a time


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "zoo").mkdir()
    (tmp_path / "zoo" / "weights").write_bytes(os.urandom(SIZE))
    return tmp_path / "zoo"


@pytest.fixture
def server(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(patient_file, "PAUSE", 0.01)
    monkeypatch.setattr(Server, "sent", 0)
    with serve(folder) as url:
        yield url


def test_an_interrupted_copy_goes_on_where_it_was(
    folder: Path, server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "copy"
    monkeypatch.setattr(Server, "breaks_at", 7_000_000)
    with pytest.raises(UnreachableError, match="gave up after 5 attempts"):
        open_store(server).copy("weights", copy, SIZE)
    assert copy.read_bytes() == (folder / "weights").read_bytes()[: copy.stat().st_size]
    had = copy.stat().st_size
    assert had >= 2**20
    monkeypatch.setattr(Server, "breaks_at", None)
    monkeypatch.setattr(Server, "sent", 0)
    open_store(server).copy("weights", copy, SIZE)
    assert copy.read_bytes() == (folder / "weights").read_bytes()
    assert Server.sent == SIZE - had


def test_a_server_without_ranges_will_do(
    folder: Path, server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Server, "ranges", False)
    copy = tmp_path / "copy"
    copy.write_bytes((folder / "weights").read_bytes()[:1_500_000])
    open_store(server).copy("weights", copy, SIZE)
    assert copy.read_bytes() == (folder / "weights").read_bytes()
    copy.unlink()
    monkeypatch.setattr(Server, "breaks_at", 1000)
    with pytest.raises(UnreachableError, match="weights: "):
        open_store(server).copy("weights", copy, SIZE)


def test_every_place_gives_the_same_file(folder: Path, server: str, tmp_path: Path) -> None:
    data = (folder / "weights").read_bytes()
    (UPath("memory://zoo") / "weights").write_bytes(data)
    for number, url in enumerate([str(folder), f"{folder}/", f"file://{folder}", server, "memory://zoo"]):
        copy = tmp_path / str(number)
        open_store(url).copy("weights", copy, SIZE)
        assert copy.read_bytes() == data
        with pytest.raises(ValueError, match=rf"{url.rstrip('/')}: other is missing$"):
            open_store(url).copy("other", tmp_path / "other", 10)


def test_more_than_allowed_is_not_copied(folder: Path, server: str, tmp_path: Path) -> None:
    for url in (str(folder), server):
        with pytest.raises(ValueError, match=r"weights: larger than the 1,000 bytes that it may have$"):
            open_store(url).copy("weights", tmp_path / "copy", 1000)
        assert not (tmp_path / "copy").exists()


def test_a_link_is_not_followed(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    (folder / "card.yaml").symlink_to(tmp_path / "secret")
    with pytest.raises(ValueError, match=r"zoo/card\.yaml: a symbolic link; allowed: files that are in the folder"):
        open_store(str(folder)).copy("card.yaml", tmp_path / "copy", 100)
    assert not (tmp_path / "copy").exists()


@pytest.mark.parametrize("revision", ["", "@main", "@v1.0", "@" + "a" * 39, "@" + "A" * 40, "@" + "a" * 41])
def test_a_revision_that_can_move_is_refused(revision: str) -> None:
    with pytest.raises(
        ValueError, match=r"not pinned to a revision; allowed: hf://OWNER/NAME@REVISION/FOLDER with the 40"
    ):
        open_store(f"hf://owner/name{revision}/policy_4m.sft")
    open_store(f"hf://owner/name@{'a' * 40}/policy_4m.sft")
