"""Files and folders that appear whole or not at all."""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout


@contextmanager
def atomic(path: str | Path) -> Iterator[Path]:
    """Makes a file or a folder: written aside, moved into place when all of it is there, removed after an error.

    Args:
        path: What to make. A file is replaced, and so is an empty folder; a symbolic link is followed.

    Yields:
        Where to write it: a path beside it at which there is nothing yet. Its folder is there.

    Raises:
        ValueError: If another process is making it, or it cannot be moved into place; it is then kept where it was
            written.
    """
    path = Path(path).resolve()  # a link stays, and the move stays on one file system
    aside = beside(path)
    with reserved(path):
        remove(aside)  # what a killed process left
        try:
            yield aside
        except BaseException:
            remove(aside)
            raise
        try:
            _move(aside, path)
        except OSError as error:
            raise ValueError(f"{path}: {error.strerror}; what was written is kept as {aside}") from error


@contextmanager
def reserved(path: str | Path) -> Iterator[None]:
    """Keeps the making of a file or a folder to this process; what `atomic` makes is so by itself.

    Args:
        path: What is to be made.

    Raises:
        ValueError: If another process is making it.
    """
    path = Path(path).resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    name = path.with_name(f"{beside(path).name}.lock")
    lock = FileLock(name, timeout=0, is_singleton=True)  # of one path, so that a process may ask for it twice
    try:
        lock.acquire()
    except Timeout:
        raise ValueError(f"{path}: another process is writing it; allowed: another place") from None
    try:
        yield
    finally:
        if lock.lock_counter == 1:
            name.unlink(missing_ok=True)
        lock.release()


def check_writable(path: str | Path) -> None:
    """Refuses a file that could not be written, before anything is computed for it.

    Args:
        path: File to make or replace.

    Raises:
        ValueError: If it is a folder, or nothing can be written where it is to be.
    """
    path = Path(path).resolve()
    if path.is_dir():
        raise ValueError(f"{path}: is a folder; allowed: a file to make or replace")
    folder = next(parent for parent in path.parents if parent.exists())
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        raise ValueError(f"{path}: {folder} is no folder that can be written to; allowed: a file elsewhere")


def beside(path: Path) -> Path:
    """Returns the path at which something is written before it is moved into place.

    Args:
        path: What is made.
    """
    return path.with_name(f".{path.name}.partial")


def _move(aside: Path, path: Path) -> None:
    try:
        aside.replace(path)
    except OSError as error:
        if error.errno != errno.EBUSY or not path.is_file():
            raise
        shutil.copyfile(aside, path)  # a mount point, over which nothing can be moved
        remove(aside)


def remove(path: Path) -> None:
    """Removes a file or a whole folder, if there is one.

    Args:
        path: What to remove.
    """
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)  # another process may be at it too
    else:
        path.unlink(missing_ok=True)
