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
from typing import Any
from urllib.parse import urlsplit

import pytest
from browser import BINARY, DRIVER, MISSING, PLAYING, browser, wait
from selenium.webdriver import ActionChains, Keys


class Served:
    """A running `padzoo label`."""

    def __init__(self, *arguments: object) -> None:
        command = [sys.executable, "-m", "padzoo", "label", *arguments]
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
def served(*arguments: object) -> Iterator[Served]:
    """Runs the server for a while, with the arguments of `padzoo label`."""
    server = Served(*arguments)
    try:
        yield server
    finally:
        if server.process.stdout and not server.process.stdout.closed:
            server.kill()


def label_by_keyboard(words: list[str], rounds: int) -> None:
    """Runs `padzoo label` with these arguments and ranks clips on its page in a browser, in the order of their places.

    Where there is no browser, the test is skipped.
    """
    if not BINARY or not DRIVER:
        pytest.skip(MISSING)
    assert words[0] == "label"
    with served(*words[1:]) as server, browser() as driver:
        driver.get(server.url)
        for number in range(rounds):
            wait(driver, PLAYING)
            ActionChains(driver).send_keys("1", "2", "3", "4", Keys.ENTER).perform()
            wait(driver, f"progress.textContent.startsWith('{number + 1} round')")
        assert f"{rounds} rounds" in server.interrupt()


def status(error: urllib.error.HTTPError) -> int:
    with error:
        return error.code
