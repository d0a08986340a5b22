"""Random access to a set of shards: where every member of every tar file lies."""

import tarfile
from collections.abc import Iterable, Iterator, Sequence
from io import BufferedReader
from pathlib import Path
from typing import Final, overload

from upath import UPath

from padzoo.core.patient_file import UnreachableError, open_file
from padzoo.core.record import MEMBER, Record, read_summary
from padzoo.core.trajectory import Trajectory, TrajectorySummary
from padzoo.datamodules.sets.manifest import Manifest, Shard

TAR_ERRORS: Final = (tarfile.TarError, EOFError, OSError, OverflowError, ValueError)  # what a damaged tar file ends in
Span = tuple[int, int]  # where a member's bytes begin, and how many there are


class Archive(Sequence[Trajectory]):
    """A set of shards as a sequence of trajectories in the manifest's order, each read and decoded when asked for.

    The tar headers are read once, 0.1 s for 1,000 trajectories; nothing of the frames is kept.

    Args:
        folder: A folder of shards.

    Raises:
        ValueError: If the folder is not a whole set of shards, or a tar file holds a foreign member.
    """

    def __init__(self, folder: str | Path | UPath) -> None:
        self.manifest = Manifest.load(folder)
        self._shards = dict(zip(self.manifest.paths, self.manifest.shards, strict=True))
        self._entries: dict[str, tuple[UPath, dict[str, Span]]] = {}
        for path, shard in self._shards.items():
            self._index(path, shard)
        self.keys: tuple[str, ...] = tuple(self._entries)
        self.rows: dict[str, int] = {key: row for row, key in enumerate(self.keys)}

    def _index(self, path: UPath, shard: Shard) -> None:
        try:
            with open_file(path) as file, tarfile.open(fileobj=file, mode="r:") as tar:
                members = tar.getmembers()
        except UnreachableError:
            raise
        except TAR_ERRORS as error:
            raise ValueError(f"{path}: damaged tar file ({error})") from None
        if missing := shard.members.keys() - {member.name for member in members}:
            raise ValueError(f"{path}: no member {min(missing)!r}, which index.json lists")
        for member in members:
            name = MEMBER.fullmatch(member.name)
            if name is None or not member.isreg() or member.name not in shard.members:
                raise ValueError(f"{path}: foreign member {member.name!r}; allowed: those in index.json")
            where, spans = self._entries.setdefault(name["key"], (path, {}))
            if where != path or name["kind"] in spans:
                raise ValueError(f"{path}: trajectory {name['key']!r} is in the set twice")
            spans[name["kind"]] = (member.offset_data, member.size)

    def __len__(self) -> int:
        return len(self.keys)

    @overload
    def __getitem__(self, index: int) -> Trajectory: ...
    @overload
    def __getitem__(self, index: slice) -> list[Trajectory]: ...
    def __getitem__(self, index: int | slice) -> Trajectory | list[Trajectory]:
        if isinstance(index, slice):
            return [self[row] for row in range(*index.indices(len(self)))]
        return self.record(index).decode()

    def record(self, row: int) -> Record:
        """Reads one trajectory without decoding its frames.

        Args:
            row: Its place in the set.

        Raises:
            ValueError: If a member is missing or damaged.
        """
        key = self.keys[row]
        path, spans = self._entries[key]
        return Record.from_members(key, self._members(row, spans), str(path))

    def summaries(self) -> Iterator[TrajectorySummary]:
        """Reads what is known about each trajectory, in order, without touching frames."""
        for row, (key, (path, _)) in enumerate(self._entries.items()):
            yield read_summary(key, self._members(row, ["json"])["json"], str(path))

    def _members(self, row: int, kinds: Iterable[str]) -> dict[str, bytes]:
        """Reads and checks members of one trajectory."""
        path, spans = self._entries[self.keys[row]]
        members = {}
        with open_file(path) as file:
            for kind in kinds:
                if kind not in spans:
                    raise ValueError(f"{path}: trajectory {self.keys[row]!r}: no member {kind!r}")
                members[kind] = _read(file, spans[kind])
                self._shards[path].check(f"{self.keys[row]}.{kind}", members[kind], path)
        return members


def _read(file: BufferedReader, span: Span) -> bytes:
    file.seek(span[0])
    return file.read(span[1])
