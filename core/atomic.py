"""Files and folders that appear whole or not at all."""

import errno
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from padzoo.core.cache_folder import cache_folder


@contextmanager
def atomic(path: str | Path) -> Iterator[Path]:
    """Makes a file or a folder: written aside, moved into place when all of it is there, removed after an error.

    Args:
        path: What to make. A file is replaced, and so is an empty folder; a symbolic link is followed.

    Yields:
        Where to write it: a path beside it at which there is nothing yet. Its folder is there.

    Raises:
        ValueError: If it cannot be moved into place; it is then kept where it was written.
    """
    path = Path(path).resolve()  # a link stays, and the move stays on one file system
    aside = beside(path)
    aside.parent.mkdir(parents=True, exist_ok=True)
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
def reserved(path: str | Path, patience: float = 0, shared: bool = False) -> Iterator[None]:
    """Keeps a path to this process while a command works on what is to be there.

    The lock lies in the cache, so that nothing is left beside the path. Where nothing can be locked, nothing is.

    Args:
        path: The file or folder to make.
        patience: Seconds to wait for another process; what a killed one had forked may keep its lock until it ends.
        shared: Whether other users write there too: the lock is then beside the path, and stays.

    Raises:
        ValueError: If another process has reserved it, or a shared lock is another user's alone.
    """
    whole = Path(path).resolve()
    name = hashlib.sha256(str(whole).encode()).hexdigest()
    own = cache_folder() / ".locks" / f"{name}.lock"
    everyones = whole.with_name(f".{whole.name}.lock")
    lock = FileLock(everyones, patience, mode=0o666) if shared else FileLock(own, patience)
    try:
        Path(lock.lock_file).parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout:
        raise ValueError(f"{path}: another process is writing it; allowed: to wait for it, or another place") from None
    except (OSError, NotImplementedError) as error:  # a cache that is read-only, or on a file system without locks
        if shared and isinstance(error, PermissionError):
            raise ValueError(f"{everyones}: {error.strerror}; allowed: a lock that all who write may open") from None
    try:
        yield
    finally:
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
