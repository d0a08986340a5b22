"""Reading shards from beginning to end, every member checked."""

import logging
import tarfile
from collections.abc import Generator, Iterable, Iterator
from io import BufferedReader
from pathlib import Path
from typing import Any, Final

from upath import UPath
from webdataset.tariterators import group_by_keys

from padzoo.core.patient_file import UnreachableError, open_file
from padzoo.datamodules.sets.archive import TAR_ERRORS
from padzoo.datamodules.sets.manifest import Manifest, Shard

META: Final = {"__key__", "__url__", "__local_path__"}  # what WebDataset adds to a sample
Sample = dict[str, Any]  # kind to bytes, with `__key__` and `__url__`
Stamp = tuple[int, int, int]  # inode, size and time of the last change of a file

log = logging.getLogger(__name__)


class ShardReader:
    """Reads the trajectories of a set, shard by shard, and compares every member with its checksum.

    A file that has not changed since all of it was compared is not hashed again: that takes 4 % of the reading.

    Args:
        manifest: The set.
        skip_damaged: Leave out damaged trajectories, with a warning that counts them, rather than stop at the first.

    Attributes:
        skipped: How many were left out so far, by this object in this process.
    """

    def __init__(self, manifest: Manifest, skip_damaged: bool = False) -> None:
        self._shards = dict(zip(manifest.paths, manifest.shards, strict=True))
        self._skip_damaged = skip_damaged
        self._compared: dict[UPath, Stamp] = {}
        self.skipped = 0

    def samples(self, paths: Iterable[UPath]) -> Iterator[Sample]:
        """Reads shards.

        Args:
            paths: Which, of the manifest's.

        Yields:
            Their trajectories in order, still in members.

        Raises:
            ValueError: At the first damage, unless it is to be skipped: names the shard and the member or trajectory.
        """
        for path in paths:
            stamp = _stamp(path)
            if stamp is not None and stamp == self._compared.get(path):
                yield from _expand(path)
            elif (yield from self._whole(path)) and stamp is not None:
                self._compared[path] = stamp

    def _whole(self, path: UPath) -> Generator[Sample, None, bool]:
        """Reads one shard, comparing; returns whether it was whole."""
        skipped = self.skipped
        for sample in inspect(path, self._shards[path]):
            if isinstance(sample, dict):
                yield sample
            elif self._skip_damaged:
                self.skipped += 1
                log.warning("skipped, %d so far: %s", self.skipped, sample)
            else:
                raise sample
        return skipped == self.skipped


def inspect(path: UPath, shard: Shard) -> Iterator[Sample | ValueError]:
    """Reads one shard in order, and checks that every member is there, once, as it was written.

    Args:
        path: The tar file.
        shard: What the manifest says of it.

    Yields:
        For every trajectory its members, or what is wrong; at last those that the manifest lists and nobody found.

    Raises:
        UnreachableError: If a remote shard cannot be read.
    """
    awaited: dict[str, set[str]] = {}  # kinds by key
    for name in shard.members:
        key, _, kind = name.partition(".")
        awaited.setdefault(key, set()).add(kind)
    lost = "no trajectory {!r}, which index.json lists"
    try:
        for sample in _expand(path):
            yield _check(path, shard, sample, awaited)
    except UnreachableError:
        raise
    except TAR_ERRORS as error:
        lost = f"damaged tar file ({error.args[0]}), trajectory {{!r}} lost"
    for key in awaited:
        yield ValueError(f"{path}: {lost.format(key)}")


def _check(path: UPath, shard: Shard, sample: Sample, awaited: dict[str, set[str]]) -> Sample | ValueError:
    key, kinds = sample["__key__"], sample.keys() - META
    expected = awaited.pop(key, None)
    try:
        for kind in kinds:
            shard.check(f"{key}.{kind}", sample[kind], path)
    except ValueError as error:
        return error
    if kinds != expected:
        return ValueError(f"{path}: trajectory {key!r}: members are missing, or in it twice")
    return sample


def _stamp(path: UPath) -> Stamp | None:
    """Returns what changes when a local file does; None of a remote one, or where there is none."""
    if not isinstance(path, Path) or not path.is_file():
        return None
    found = path.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns


def _expand(path: UPath) -> Iterator[Sample]:
    with open_file(path) as stream:  # WebDataset's own opener would run a path `pipe:COMMAND`
        yield from group_by_keys(_files(stream, str(path)))


def _files(stream: BufferedReader, url: str) -> Iterator[Sample]:
    """Reads the members of a tar file in order, each in one piece; WebDataset's expander reads 10 KB at a time."""
    with tarfile.open(fileobj=stream, mode="r:") as tar:
        for member in tar:
            if member.isreg():
                yield {"fname": member.name, "data": stream.read(member.size), "__url__": url}
                stream.read(-member.size % tarfile.BLOCKSIZE)  # to the next header: no seek, no second request
