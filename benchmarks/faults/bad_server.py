"""A web server that fails at one moment or always, as a drawn fault says."""

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final, Literal

Failure = Literal["stalls", "cuts off", "refuses", "other bytes"]
STALL: Final = 8.0  # seconds without a byte where it stalls once; else for ever


class BadServer(ThreadingHTTPServer):
    """Serves a folder, with ranges; from a drawn answer on, it fails.

    Args:
        folder: What it serves.
        failure: How it fails; None never does.
        rng: Draws when, and where in an answer.
        once: Whether one answer alone fails.
    """

    daemon_threads = True

    def __init__(self, folder: Path, failure: Failure | None, rng: random.Random, once: bool) -> None:
        super().__init__(("127.0.0.1", 0), partial(_Handler, directory=str(folder)))
        self.failure, self.once, self.place = failure, once, rng.random()
        self._fails_at = rng.randrange(4)
        self._answers = 0
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server_port}"

    def fails(self) -> bool:
        """Whether the answer that begins now is to fail."""
        with self._lock:
            number, self._answers = self._answers, self._answers + 1
        return self.failure is not None and (number == self._fails_at or (not self.once and number > self._fails_at))

    def handle_error(self, request: object, client_address: object) -> None:
        """Keeps still: a client that went away is what is tried here."""


class _Handler(SimpleHTTPRequestHandler):
    server: BadServer

    def do_GET(self) -> None:
        path, failure = Path(self.translate_path(self.path)), self.server.failure if self.server.fails() else None
        if not path.is_file() or failure == "refuses":
            self.send_error(503 if path.is_file() else 404)
            return
        data, wanted = path.read_bytes(), self.headers.get("Range")
        first, _, last = (wanted or "bytes=0-").removeprefix("bytes=").partition("-")
        part = data[int(first) : int(last or len(data)) + 1]
        self.send_response(206 if wanted else 200)
        self.send_header("Content-Length", str(len(part)))
        if wanted:
            self.send_header("Content-Range", f"bytes {first}-{int(first) + len(part) - 1}/{len(data)}")
        self.end_headers()
        cut = int(len(part) * self.server.place)
        if failure == "other bytes" and part:
            cut = min(cut, len(part) - 1)
            part = part[:cut] + bytes([part[cut] ^ 1]) + part[cut + 1 :]
        self.wfile.write(part[:cut])
        if failure == "stalls":
            time.sleep(STALL if self.server.once else 1e6)
        if failure == "cuts off":
            self.close_connection = True
        else:
            self.wfile.write(part[cut:])

    def do_HEAD(self) -> None:
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(path.stat().st_size))
        self.send_header("Accept-Ranges", "bytes")
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def serve(folder: Path, failure: Failure | None, rng: random.Random, once: bool) -> Iterator[BadServer]:
    """Serves a folder on a port of this machine and yields the server; see `BadServer`."""
    with BadServer(folder, failure, rng, once) as server:
        threading.Thread(target=partial(server.serve_forever, 0.02), daemon=True).start()
        yield server
        server.shutdown()
