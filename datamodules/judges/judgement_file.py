"""The JSON-lines file that judgements are appended to."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from padzoo.datamodules.judges.judgement import BEGINNING, Judgement, parse


class JudgementFile:
    """A file that judgements are appended to, by any number of processes at once.

    A judgement is one line, written under a lock and synced to the disk before `append` returns. What a killed writer
    left of a line, whose writing was never confirmed, is cut off by the next one.

    Args:
        path: The file; made if it is not there.

    Attributes:
        judgements: What the file held when it was last looked into, in order.

    Raises:
        ValueError: If a line is no judgement.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path).absolute()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.judgements: list[Judgement] = []
        self._read = 0  # bytes of the file that are in `judgements`
        new = not self.path.exists()
        self.refresh()
        if new:
            _sync_folder(self.path.parent)

    def append(self, judgement: Judgement) -> None:
        """Appends a judgement and waits until the disk has it.

        Args:
            judgement: What to append.

        Raises:
            OSError: If it cannot be written; the file is then as it was.
        """
        line = (json.dumps(asdict(judgement)) + "\n").encode()
        with self._locked() as file:
            size = os.fstat(file).st_size
            try:
                if os.write(file, line) < len(line):
                    raise OSError(f"{self.path}: the disk is full")
                os.fsync(file)
            except OSError:
                os.ftruncate(file, size)
                raise
            self._look(file)

    def refresh(self) -> None:
        """Reads what others have appended."""
        with self._locked() as file:
            self._look(file)

    @contextmanager
    def _locked(self) -> Iterator[int]:
        """Yields the file's descriptor, open and locked, all lines whole."""
        file = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)  # closing unlocks
            self._look(file)
            yield file
        finally:
            os.close(file)

    def _look(self, file: int) -> None:
        """Reads lines from where reading stopped."""
        size = os.fstat(file).st_size
        if size < self._read:
            raise OSError(f"{self.path} was cut or replaced since it was read; start padzoo label again")
        data = os.pread(file, size - self._read, self._read)
        whole = data.rfind(b"\n") + 1
        for line in data[:whole].splitlines():
            where = f"{self.path}, line {len(self.judgements) + 1}"
            try:
                found = json.loads(line)
            except ValueError as error:
                raise ValueError(f"{where}: {line[:80]!r} is not JSON ({error}); allowed: judgements") from None
            self.judgements.append(parse(found, where))
        self._read += whole
        if cut := data[whole:]:
            if not cut.startswith(BEGINNING.encode()[: len(cut)]):  # not ours to cut
                raise ValueError(f"{self.path}: ends with {cut[:80]!r}; allowed: judgements, one JSON line each")
            os.ftruncate(file, self._read)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
