"""A shard opened for reading, wherever it lies."""

import io
import logging
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

from upath import UPath

ATTEMPTS: Final = 5
PAUSE: Final = 0.5  # seconds before the second attempt; twice as long before each further one
BLOCK: Final = 2**20  # bytes asked for at a time
SILENCE: Final = 20.0  # seconds without a byte after which a connection counts as broken

T = TypeVar("T")

log = logging.getLogger(__name__)


def shown(url: str) -> str:
    """Returns a URL, or a text with some in it, without what may be secret of http and ftp: name, password and query.

    Args:
        url: The text.
    """
    without = re.sub(r"((?:http|ftp)s?://)[^\s/@'\"]+@", r"\1", url)
    return re.sub(r"((?:http|ftp)s?://[^\s?'\",\]]*)\?[^\s'\",\]]+", r"\1?...", without)


class UnreachableError(ValueError):
    """A remote file could not be read, for now."""


class PatientFile(io.RawIOBase):
    """A remote file that is read on where it broke off, after a pause and over a new connection.

    Args:
        path: Where it lies: anything that fsspec opens.

    Raises:
        UnreachableError: If it cannot be read after five attempts.
    """

    def __init__(self, path: UPath) -> None:
        super().__init__()
        self._path = path
        self._file: Any = None
        self._position = 0

    def readable(self) -> bool:
        """Says that it can be read."""
        return True

    def seekable(self) -> bool:
        """Says that it can be read from anywhere."""
        return True

    def tell(self) -> int:
        """Returns where reading goes on."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Goes on reading elsewhere; see `io.IOBase.seek`."""
        if whence == io.SEEK_END:
            self._position = self._patiently(lambda: int(self._path.stat().st_size)) + offset
        else:
            self._position = offset if whence == io.SEEK_SET else self._position + offset
        return self._position

    def readinto(self, buffer: Any) -> int:
        """Reads the next bytes into a buffer; returns how many, 0 at the end."""
        data = self._patiently(lambda: self._read(len(buffer)))
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)

    def close(self) -> None:
        """Drops the connection."""
        self._drop()
        super().close()

    def _read(self, count: int) -> bytes:
        if self._file is None:
            # Not the given path's own connections: they do not work in a worker that was forked after them.
            self._file = UPath(str(self._path), **self._path.storage_options).open("rb")
        self._file.seek(self._position)
        data: bytes = self._file.read(count)
        return data

    def _patiently(self, call: Callable[[], T]) -> T:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return call()
            except Exception as error:  # every protocol has its own
                self._drop()
                if isinstance(error, FileNotFoundError) and not disconnected(error):
                    raise
                why = error.__cause__ or error
                if attempt == ATTEMPTS or isinstance(why, ValueError):  # what a server cannot do it will never do
                    raise UnreachableError(f"{self._path}: gave up after {attempt} attempts ({why!r})") from None
                log.warning("%s: %r at byte %d; attempt %d", self._path, why, self._position, attempt + 1)
                time.sleep(PAUSE * 2 ** (attempt - 1))
        raise AssertionError

    def _drop(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def to_path(url: str | Path | UPath) -> UPath:
    """Returns the path of a folder or file, wherever it lies.

    Over HTTP a connection that falls silent is broken off, and one that still sends is not: fsspec's own would end
    either after five minutes.

    Args:
        url: A path, or a URL of a protocol of fsspec.
    """
    if not str(url).startswith(("http://", "https://")):
        return UPath(url)
    from aiohttp import ClientTimeout  # 0.3 s

    timeout = ClientTimeout(total=None, sock_connect=SILENCE, sock_read=SILENCE)
    return UPath(url, client_kwargs={"timeout": timeout})


def disconnected(error: OSError) -> bool:
    """Whether there was nobody to ask: fsspec says of any failed HTTP request that the file is not there.

    Args:
        error: What fsspec has raised.
    """
    from aiohttp import ClientConnectionError  # 0.3 s, for remote sets only

    return isinstance(error.__cause__, ClientConnectionError | TimeoutError)


def open_file(path: UPath) -> io.BufferedReader:
    """Opens a file for reading.

    Args:
        path: Where it lies.

    Raises:
        FileNotFoundError: If there is none.
    """
    return Path(path).open("rb") if isinstance(path, Path) else io.BufferedReader(PatientFile(path), BLOCK)
