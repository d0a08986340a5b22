"""One tar file of a set, read in order, every member checked."""

import hashlib
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from upath import UPath

from padzoo.core.patient_file import UnreachableError, open_file
from padzoo.datamodules.sets.manifest import Shard

TAR_ERRORS: Final = (tarfile.TarError, EOFError, OSError, OverflowError, ValueError)  # what a damaged tar file ends in
Members = dict[str, bytes]  # of one trajectory, by their kind
Sample = tuple[str, Members]  # a trajectory's key and its members
Stamp = tuple[int, int, int]  # inode, size and time of the last change of a file


class ShardFile:
    """A tar file of trajectories and what the manifest says of it.

    Args:
        path: Where it lies.
        shard: Its entry in the manifest.
    """

    def __init__(self, path: UPath, shard: Shard) -> None:
        self.path = path
        self.shard = shard
        self._compared: Stamp | None = None  # of the file when all of it was found as it was written

    def headers(self) -> list[tarfile.TarInfo]:
        """Reads the headers of its members.

        Raises:
            ValueError: If it is damaged, or a member that the manifest lists is missing.
        """
        try:
            with open_file(self.path) as file, tarfile.open(fileobj=file, mode="r:") as tar:
                headers = tar.getmembers()
        except UnreachableError:
            raise
        except TAR_ERRORS as error:
            raise ValueError(f"{self.path}: damaged tar file ({error})") from None
        if missing := self.shard.members.keys() - {member.name for member in headers}:
            raise ValueError(f"{self.path}: no member {min(missing)!r}, which index.json lists")
        return headers

    def read(self) -> Iterator[Sample | ValueError]:
        """Reads it from beginning to end; a file that has not changed since all of it was compared is not hashed again.

        Yields:
            For every trajectory its key and members, or what is wrong; at last those that the manifest lists and nobody
            found.

        Raises:
            UnreachableError: If a remote file cannot be read.
        """
        stamp = self.stamp()
        if stamp is not None and stamp == self._compared:
            yield from self._samples()
            return
        whole = True
        for found in self._compare():
            whole = whole and not isinstance(found, ValueError)
            yield found
        self._compared = stamp if whole else None

    def whole(self) -> list[str]:
        """Reads all of it and returns the keys of the trajectories that are as they were written."""
        return [found[0] for found in self.read() if not isinstance(found, ValueError)]

    def complaints(self) -> list[str]:
        """Checks every byte and returns what is wrong, naming the file and the trajectories."""
        if isinstance(self.path, Path) and not self.path.is_file():
            return [str(each) for each in self._compare() if isinstance(each, ValueError)]
        with open_file(self.path) as file:
            if hashlib.file_digest(file, "sha256").hexdigest() == self.shard.sha256:
                return []
        found = [str(each) for each in self._compare() if isinstance(each, ValueError)]
        return found or [f"{self.path}: damaged tar file (bytes between its members; the trajectories are whole)"]

    def _compare(self) -> Iterator[Sample | ValueError]:
        """Checks that every member is there, once, as it was written."""
        awaited: dict[str, set[str]] = {}  # kinds by key
        for name in self.shard.members:
            key, _, kind = name.partition(".")
            awaited.setdefault(key, set()).add(kind)
        lost = "no trajectory {!r}, which index.json lists"
        try:
            for key, members in self._samples():
                yield self._check(key, members, awaited.pop(key, None))
        except UnreachableError:
            raise
        except TAR_ERRORS as error:
            lost = f"damaged tar file ({error}), trajectory {{!r}} lost"
        for key in awaited:
            yield ValueError(f"{self.path}: {lost.format(key)}")

    def _check(self, key: str, members: Members, expected: set[str] | None) -> Sample | ValueError:
        try:
            for kind, data in members.items():
                self.shard.check(f"{key}.{kind}", data, self.path)
        except ValueError as error:
            return error
        if members.keys() != expected:
            return ValueError(f"{self.path}: trajectory {key!r}: members are missing, or in it twice")
        return key, members

    def _samples(self) -> Iterator[Sample]:
        """Reads the members in order, each in one piece, and puts those of one trajectory together."""
        key, members = "", Members()
        with open_file(self.path) as stream, tarfile.open(fileobj=stream, mode="r:") as tar:
            for member in tar:
                if not member.isreg():
                    continue
                name, _, kind = member.name.partition(".")
                if members and (name != key or kind in members):
                    yield key, members
                    members = {}
                key, members[kind] = name, stream.read(member.size)
                stream.read(-member.size % tarfile.BLOCKSIZE)  # to the next header: no seek, no second request
        if members:
            yield key, members

    def stamp(self) -> Stamp | None:
        """Returns what changes when a local file does; None of a remote one, or where there is none."""
        if not isinstance(self.path, Path) or not self.path.is_file():
            return None
        found = self.path.stat()
        return found.st_ino, found.st_size, found.st_mtime_ns
