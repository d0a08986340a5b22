"""A set of shards, read: one trajectory at a time, shard by shard, or decoded once."""

import hashlib
import logging
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Literal, overload

from upath import UPath

from padzoo.core.cache_folder import cache_folder
from padzoo.core.patient_file import open_file
from padzoo.core.record import MEMBER, Record, read_summary
from padzoo.core.trajectory import Trajectory, TrajectorySummary
from padzoo.datamodules.sets.decoded import DecodedSet
from padzoo.datamodules.sets.manifest import Manifest
from padzoo.datamodules.sets.shard_file import Members, ShardFile

OnDamage = Literal["stop", "skip"]
Span = tuple[int, int]  # where a member's bytes begin, and how many there are

log = logging.getLogger(__name__)


class ShardSet(Sequence[Trajectory]):
    """A set of shards as a sequence of trajectories, in the manifest's order, each read and decoded when asked for.

    Every member that is read is compared with its checksum, and nothing of the frames is kept. To go over a set, or to
    train on it, `stream` reads shards from beginning to end. To pick trajectories, `[i]`, `record` and `summaries` find
    them by the tar headers, which are read once, 0.1 s for 1,000 trajectories.

    Args:
        folder: A folder of shards, here or anywhere that fsspec reads.
        sizes: Whether a shard that is missing or of another size is refused at once, not when it is read.

    Attributes:
        manifest: What the set says of itself.
        files: Its tar files, in the manifest's order.

    Raises:
        ValueError: If the folder is not a whole set of shards; later, if a tar file or a member is damaged or foreign.
    """

    def __init__(self, folder: str | Path | UPath, sizes: bool = True) -> None:
        self.manifest = Manifest.load(folder, sizes)
        self.files = [
            ShardFile(path, shard) for path, shard in zip(self.manifest.paths, self.manifest.shards, strict=True)
        ]
        self._skipped = 0

    @cached_property
    def _places(self) -> dict[str, tuple[ShardFile, dict[str, Span]]]:
        """The shard of each trajectory, and where its members lie in it, by kind."""
        places: dict[str, tuple[ShardFile, dict[str, Span]]] = {}
        for file in self.files:
            for member in file.headers():
                name = MEMBER.fullmatch(member.name)
                if name is None or not member.isreg() or member.name not in file.shard.members:
                    raise ValueError(f"{file.path}: foreign member {member.name!r}; allowed: those in index.json")
                where, spans = places.setdefault(name["key"], (file, {}))
                if where is not file or name["kind"] in spans:
                    raise ValueError(f"{file.path}: trajectory {name['key']!r} is in the set twice")
                spans[name["kind"]] = (member.offset_data, member.size)
        return places

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The names of the trajectories, in order."""
        return tuple(self._places)

    @cached_property
    def rows(self) -> dict[str, int]:
        """The place of each trajectory, by its name."""
        return {key: row for row, key in enumerate(self.keys)}

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
        file, spans = self._places[key]
        return Record.from_members(key, self._members(key, spans), str(file.path))

    def summaries(self) -> Iterator[TrajectorySummary]:
        """Reads what is known about each trajectory, in order, without touching frames."""
        for key, (file, _) in self._places.items():
            yield read_summary(key, self._members(key, ["json"])["json"], str(file.path))

    def _members(self, key: str, kinds: Iterable[str]) -> Members:
        """Reads and checks members of one trajectory."""
        file, spans = self._places[key]
        members = {}
        with open_file(file.path) as stream:
            for kind in kinds:
                if kind not in spans:
                    raise ValueError(f"{file.path}: trajectory {key!r}: no member {kind!r}")
                start, size = spans[kind]
                stream.seek(start)
                members[kind] = stream.read(size)
                file.shard.check(f"{key}.{kind}", members[kind], file.path)
        return members

    def stream(self, shards: Iterable[int] | None = None, on_damage: OnDamage = "stop") -> Iterator[Record]:
        """Reads shards from beginning to end.

        Args:
            shards: Their numbers in the manifest; None for all.
            on_damage: `stop` at the first damaged trajectory, or `skip` it, with a warning that counts.

        Raises:
            ValueError: At damage, naming the shard and the member or trajectory.
        """
        for number in range(len(self.files)) if shards is None else shards:
            for found in self.files[number].read():
                if not isinstance(found, ValueError):
                    yield Record.from_members(*found, str(self.files[number].path))
                elif on_damage == "skip":
                    self._skipped += 1
                    log.warning("skipped, %d so far: %s", self._skipped, found)
                else:
                    raise found

    def verify(self, shards: Iterable[int] | None = None) -> Iterator[list[str]]:
        """Checks every byte of shards.

        Args:
            shards: Their numbers in the manifest; None for all.

        Yields:
            For each of them what is wrong, naming the shard and the trajectories; nothing if it is as written.
        """
        for number in range(len(self.files)) if shards is None else shards:
            yield self.files[number].complaints()

    def decoded(self, parent: str | None = None, on_damage: OnDamage = "stop") -> DecodedSet:
        """Opens the decoded form of the set, and makes it first where it is not there yet.

        Args:
            parent: Folder that holds or will hold it; None for the set's own, the user's cache folder for a remote set.
            on_damage: `stop` at a damaged trajectory, or leave it out with `skip`.

        Raises:
            ValueError: If a trajectory is damaged, or the folder cannot be written.
        """
        folder = self.manifest.folder
        home = Path(parent) if parent else Path(folder) if isinstance(folder, Path) else cache_folder()
        name = f"decoded-{self.manifest.fingerprint[:16]}"
        if on_damage == "skip":  # what was left out of files as they were may be whole in others
            stamps = repr([file.stamp() for file in self.files])
            name += f"-skip-{hashlib.sha256(stamps.encode()).hexdigest()[:8]}"
        decoded = DecodedSet.of(home / name, self.manifest, self.stream(on_damage=on_damage))
        if missing := self.manifest.samples - len(decoded.spans):
            log.warning("%s: %d damaged trajectories are left out; padzoo verify lists them", folder, missing)
        return decoded
