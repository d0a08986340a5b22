"""The labelling page's server as a process, and a labeller who does without a browser."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit


class Served:
    """A running `padzoo label`."""

    def __init__(self, folder: Path, out: Path, *options: object) -> None:
        command = [sys.executable, "-m", "padzoo", "label", folder, "--out", out, *options]
        environment = os.environ | {"PYTHONUNBUFFERED": "1"}
        self.process = subprocess.Popen(
            list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
        )
        assert self.process.stdout is not None
        self.line = self.process.stdout.readline()
        assert self.line.startswith("rank clips at "), self.line + self.process.stdout.read()
        self.url = self.line.split()[3]
        parts = urlsplit(self.url)
        self.host, self.port, self.token = parts.hostname, parts.port, parts.path.strip("/")

    def get(self, path: str) -> bytes:
        with urllib.request.urlopen(self.url + path, timeout=20) as answer:
            found: bytes = answer.read()
            return found

    def post(self, path: str, **said: Any) -> dict[str, Any]:
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, json.dumps(said).encode(), headers)
        with urllib.request.urlopen(request, timeout=20) as answer:
            found: dict[str, Any] = json.load(answer)
            return found

    def round(self, who: str = "ann") -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.get(f"round?who={who}"))
        return found

    def status(self, request: bytes) -> int:
        """Sends bytes as they are and returns the status of the answer; 0 if the connection is closed without one."""
        with socket.create_connection((self.host, self.port), timeout=20) as connection:
            try:
                connection.sendall(request)
                answer = connection.recv(65536)
            except (BrokenPipeError, ConnectionResetError):
                return 0
        return int(answer.split(b" ")[1]) if answer else 0

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self._end()

    def interrupt(self) -> str:
        self.process.send_signal(signal.SIGINT)
        return self._end()

    def _end(self) -> str:
        text, _ = self.process.communicate(timeout=20)
        return text


@contextmanager
def served(folder: Path, out: Path, *options: object) -> Iterator[Served]:
    """Runs the server for a while."""
    server = Served(folder, out, *options)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.kill()


def status(error: urllib.error.HTTPError) -> int:
    with error:
        return error.code
