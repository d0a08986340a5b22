import threading
import time
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from upath import UPath

from padzoo.core import patient_file
from padzoo.core.patient_file import PatientFile, UnreachableError, open_file, shown, to_path
from padzoo.datamodules import Demonstrations
from padzoo.datamodules.sets.manifest import Manifest
from padzoo.datamodules.sets.shard_set import ShardSet


class Shaky(BaseHTTPRequestHandler):
    """Serves a folder with ranges; breaks off in the middle of every second GET, ignores every second HEAD."""

    breaks = True
    silence = 0.0  # seconds before it breaks off
    answers = heads = 0

    def __init__(self, folder: Path, *args: object) -> None:
        self.folder = folder
        super().__init__(*args)  # type: ignore[arg-type]

    def do_HEAD(self) -> None:
        type(self).heads += 1
        if self.breaks and self.heads % 2:
            self.close_connection = True  # without a word
        else:
            self.answer(body=False)

    def do_GET(self) -> None:
        self.answer(body=True)

    def answer(self, body: bool) -> None:
        path = self.folder / self.path.lstrip("/")
        if not path.is_file():
            self.send_error(404)
            return
        data = path.read_bytes()
        wanted = self.headers.get("Range")
        start, stop = 0, len(data)
        if wanted:
            first, last = wanted.removeprefix("bytes=").split("-")
            start, stop = int(first), min(int(last or stop) + 1, stop)
        self.send_response(206 if wanted else 200)
        self.send_header("Content-Length", str(stop - start))
        self.send_header("Accept-Ranges", "bytes")
        if wanted:
            self.send_header("Content-Range", f"bytes {start}-{stop - 1}/{len(data)}")
        self.end_headers()
        if not body:
            return
        type(self).answers += 1
        if self.breaks and self.answers % 2:
            stop = (start + stop) // 2
            self.close_connection = True
        self.wfile.write(data[start:stop])
        time.sleep(self.silence * self.close_connection)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(params=[False, True], ids=["steady", "shaky"])
def url(request: pytest.FixtureRequest, shards: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(patient_file, "PAUSE", 0.01)
    monkeypatch.setattr(Shaky, "breaks", request.param)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Shaky, shards)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_remote_set_is_the_local_one(url: str, shards: Path) -> None:
    remote, local = Manifest.load(url), Manifest.load(shards)
    assert remote.shards == local.shards
    for there, here in zip(ShardSet(url).stream(), ShardSet(shards).stream(), strict=True):
        assert (there.key, there.members()) == (here.key, here.members())
    np.testing.assert_array_equal(ShardSet(url)[17].frames, ShardSet(shards)[17].frames)
    assert not any(ShardSet(url).verify())


@pytest.mark.parametrize("url", [True], ids=["shaky"], indirect=True)
def test_a_server_that_falls_silent_is_asked_again(url: str, shards: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Shaky, "silence", 30.0)
    monkeypatch.setattr(patient_file, "SILENCE", 0.2)
    begun = time.monotonic()
    assert open_file(to_path(url) / "000001.tar").read() == (shards / "000001.tar").read_bytes()
    assert time.monotonic() - begun < 30


@pytest.mark.parametrize("workers", [0, 1])
def test_training_streams_from_a_remote_set(url: str, shards: Path, workers: int, tmp_path: Path) -> None:
    def batches(folder: str, cache: bool) -> list[np.ndarray]:
        where = {"cache": True, "cache_dir": str(tmp_path)} if cache else {}
        data = Demonstrations(folder, batch_size=4, workers=workers, shuffle=8, **where)
        stream = iter(data.train_dataloader())
        return [next(stream)["frames"].numpy() for _ in range(5)]

    for cache in (False, True):
        for there, here in zip(batches(url, cache), batches(str(shards), cache), strict=True):
            np.testing.assert_array_equal(there, here)


def test_what_is_not_there_is_named(url: str) -> None:
    with pytest.raises(ValueError, match=rf"{url}/nowhere: no index.json there; allowed: a folder of shards"):
        Manifest.load(f"{url}/nowhere")
    with pytest.raises(FileNotFoundError):
        open_file(UPath(url) / "000099.tar").read()


def test_gives_up_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patient_file, "PAUSE", 0.01)
    with pytest.raises(UnreachableError, match=r"000000.tar: gave up after 5 attempts \(Client"):
        open_file(UPath("http://127.0.0.1:9/000000.tar")).read()


def test_reads_from_anywhere(url: str, shards: Path) -> None:
    data = (shards / "000001.tar").read_bytes()
    with PatientFile(UPath(url) / "000001.tar") as file:
        file.seek(-1000, 2)
        assert file.tell() == len(data) - 1000
        assert file.read() == data[-1000:]
        file.seek(700)
        file.seek(-200, 1)
        assert file.read(100) == data[500:600]


def test_what_may_be_secret_in_an_address_is_not_shown() -> None:
    text = "padzoo fit --data.train 'https://ann:s3cret@host/set?sig=abc' --seed 1 hf://a/b@0123456789abcdef"
    assert shown(text) == "padzoo fit --data.train 'https://host/set?...' --seed 1 hf://a/b@0123456789abcdef"
    assert shown("[https://h/x?s=1, ftp://u:p@h/y] github://org:repo@main/p") == (
        "[https://h/x?..., ftp://h/y] github://org:repo@main/p"
    )
