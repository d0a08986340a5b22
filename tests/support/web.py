"""A web server that can do less than it should."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Server(SimpleHTTPRequestHandler):
    """Serves a folder; with ranges, or without, as Python's own does, and counts the bytes that it sent."""

    ranges = True
    sent = 0
    breaks_at: int | None = None

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            self.send_error(404)
            return
        data = path.read_bytes()
        wanted = self.headers.get("Range") if self.ranges else None
        first, _, last = (wanted or "bytes=0-").removeprefix("bytes=").partition("-")
        part = data[int(first) : int(last or len(data)) + 1]
        self.send_response(206 if wanted else 200)
        self.send_header("Content-Length", str(len(part)))
        if wanted:
            self.send_header("Content-Range", f"bytes {first}-{int(first) + len(part) - 1}/{len(data)}")
        self.end_headers()
        if self.breaks_at is not None:
            part = part[: max(0, self.breaks_at - int(first))]
            self.close_connection = True
        type(self).sent += len(part)
        self.wfile.write(part)

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def serve(folder: Path, handler: type[SimpleHTTPRequestHandler] = Server) -> Iterator[str]:
    """Serves a folder on a port of this machine and yields its URL."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(folder))) as server:
        server.handle_error = lambda *_: None  # type: ignore[method-assign, misc] - a client that went away
        threading.Thread(target=partial(server.serve_forever, 0.02), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
