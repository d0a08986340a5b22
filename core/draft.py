"""A folder under way: written aside by one process, then moved into place."""

import errno
import os
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from padzoo.core.atomic import beside, remove

LOCK: Final = ".lock"
PROGRESS: Final = "progress.json"  # what a writer that can resume has finished


class Draft:
    """A folder that is written aside by one process at a time, and appears when all of it is there.

    Aside is `.NAME.partial`: beside the folder, or within it where there is an empty one already, since that may be a
    mount point, over which nothing can be moved. A symbolic link is followed.

    Args:
        out: Folder to make; it may exist if it is empty.
        last: The file without which it does not count; it is moved last.

    Attributes:
        path: Where to write it.

    Raises:
        ValueError: If there is something in `out`, or it is no folder.
    """

    def __init__(self, out: str | Path, last: str | None = None) -> None:
        self.out = out
        self._home = Path(out).resolve()
        self._inside = self._home.is_dir()
        self.path = beside(self._home / self._home.name if self._inside else self._home)
        self._last = last
        self._lock = FileLock(self.path / LOCK, timeout=0)
        if self._taken():
            raise self._refusal()

    def begin(self, resume: bool = False) -> None:
        """Makes the folder aside, and keeps other processes out of it.

        Args:
            resume: Whether to keep what a process that was cut off has left.

        Raises:
            ValueError: If another process writes the same folder, or a whole one is there that was not moved.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        try:
            self._begin(resume)
        except BaseException:  # a signal among them
            if self._lock.is_locked and not self._entries():  # what is there may be a whole set
                self.discard()
            self._lock.release()
            raise

    def _begin(self, resume: bool) -> None:
        try:
            self._lock.acquire()
        except Timeout:
            raise ValueError(f"{self.out}: another process is writing it; allowed: another folder") from None
        if self._taken():  # another process has finished in between
            self.discard()
            raise self._refusal()
        if self._last and (self.path / self._last).exists():
            self._lock.release()
            raise ValueError(f"{self.out}: {self.path} holds a whole set of before; allowed: move or delete that first")
        if not resume:
            if self._last and (self.path / PROGRESS).exists():
                self._lock.release()
                raise ValueError(
                    f"{self.out}: {self.path} holds what another command has begun, which resumes it; allowed: that "
                    "command again, or to delete it"
                )
            self.clear()  # what a killed process left

    def clear(self) -> None:
        """Removes what is aside."""
        for left in self._entries():
            remove(left)

    def publish(self) -> None:
        """Moves it into place.

        Raises:
            ValueError: If that fails; what was written is then kept aside.
        """
        try:
            if self._taken():
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
            if self._inside:
                for entry in sorted(self._entries(), key=lambda entry: entry.name == self._last):
                    entry.replace(self._home / entry.name)
                remove(self.path)
            else:
                self.path.replace(self._home)
                (self._home / LOCK).unlink(missing_ok=True)
        except OSError as error:
            raise ValueError(f"{self.out}: {error.strerror}; what was written is kept in {self.path}") from error
        finally:
            self._lock.release()

    def discard(self) -> None:
        """Removes what was written, unless it is published, kept or another process's."""
        if self._lock.is_locked:
            remove(self.path)
            self._lock.release()

    def release(self) -> None:
        """Leaves what was written to a process that resumes."""
        self._lock.release()

    def _entries(self) -> list[Path]:
        return [entry for entry in self.path.iterdir() if entry.name != LOCK]

    def _taken(self) -> bool:
        """Whether there is something in the folder's place that is not ours."""
        if not self._home.is_dir():
            return self._home.exists()
        return any(entry != self.path for entry in self._home.iterdir())

    def _refusal(self) -> ValueError:
        return ValueError(f"{self.out}: already exists; allowed: a new or an empty folder")
