"""Shards: trajectories on disk, in tar files that WebDataset streams and plain `tar` opens."""

import hashlib
import io
import json
import os
import tarfile
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from padzoo.core.atomic import atomic
from padzoo.core.draft import PROGRESS, Draft
from padzoo.core.gamepad import SCHEMA, is_noop
from padzoo.core.record import Record
from padzoo.core.strict import build
from padzoo.core.trajectory import Trajectory
from padzoo.datamodules.sets.manifest import FORMAT, INDEX, Index, Shard

# 0.9 MB a trajectory at 128 x 128, so 15 MB a shard: small enough that the 300 curated runs give 19 shards to share
# among readers. A set of millions wants shards of 100 to 200 MB.
TRAJECTORIES_PER_SHARD: Final = 16


class ShardWriter:
    """Writes a set of shards, whole or not at all: a `Draft` that is published on a clean exit.

    The same trajectories give the same bytes. A `Record` is copied as it is, so that filtering a set does not encode
    its frames a second time.

    Args:
        out: Folder to make; it may exist if it is empty.
        source: How the set is made, for the manifest: JSON values.
        trajectories_per_shard: How many go into one tar file, 1 or more.
        resume: Keep the finished shards of a writer that was cut off, and write behind them; see `keys`.
        origin: Where the trajectories are read from, which must be the same when it resumes; not in the manifest.

    Attributes:
        keys: Keys of the trajectories in the set so far.
        outcomes: How many of them ended how.

    Raises:
        ValueError: If `out` exists and is not empty.
    """

    def __init__(
        self,
        out: str | Path,
        *,
        source: dict[str, Any],
        trajectories_per_shard: int = TRAJECTORIES_PER_SHARD,
        resume: bool = False,
        origin: str | None = None,
    ) -> None:
        self.out = Path(out).absolute()
        self._draft = Draft(self.out, last=INDEX)
        if trajectories_per_shard < 1:
            raise ValueError(f"trajectories_per_shard {trajectories_per_shard}: allowed: 1 or more")
        self._aside = self._draft.path
        self._begun: dict[str, Any] = json.loads(json.dumps({"source": source, "origin": origin}, default=str))
        self._per_shard = trajectories_per_shard
        self._resume = resume
        self.keys: set[str] = set()
        self.outcomes: Counter[str] = Counter()
        self._size: tuple[int, int] | None = None
        self._shards: list[Shard] = []
        self._tar: tarfile.TarFile | None = None
        # Of the open shard: checksums by file name, steps and steps that are not neutral by key.
        self._members: dict[str, str] = {}
        self._steps: dict[str, int] = {}
        self._active: dict[str, int] = {}

    def __enter__(self) -> "ShardWriter":
        self._draft.begin(self._resume)
        try:
            if (self._aside / PROGRESS).is_file():
                self._continue()
            elif self._resume:
                self._draft.clear()  # of a process that could not have resumed
        except BaseException:
            self._draft.release()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._close_shard()
                self._finish()
            elif self._tar is not None:
                self._tar.close()
        finally:
            if self._resume and self._shards:
                self._draft.release()
            self._draft.discard()

    def write(self, item: Trajectory | Record) -> None:
        """Adds one trajectory.

        Args:
            item: A trajectory, or a stored one that is copied without decoding.

        Raises:
            ValueError: If its key is already in the set, or its frames have another size than the others'.
        """
        record = Record.encode(item) if isinstance(item, Trajectory) else item
        size = record.frame_size
        self._size = self._size or size
        if record.key in self.keys:
            raise ValueError(f"{self.out}: trajectory {record.key!r} was already written; keys must differ")
        if size != self._size:
            raise ValueError(f"{self.out}: trajectory {record.key!r} has frames {size}; the set's are {self._size}")
        if self._tar is None:
            self._tar = tarfile.open(self._shard_path(), "w", format=tarfile.USTAR_FORMAT)  # noqa: SIM115
        for kind, data in record.members().items():
            info = tarfile.TarInfo(f"{record.key}.{kind}")  # time, owner and mode are constants: same bytes every time
            info.size = len(data)
            self._tar.addfile(info, io.BytesIO(data))
            self._members[info.name] = hashlib.sha256(data).hexdigest()
        self.keys.add(record.key)
        self.outcomes[str(record.meta.get("outcome", "unknown"))] += 1
        self._steps[record.key] = len(record)
        self._active[record.key] = int((~is_noop(record.actions)).sum())
        if len(self._steps) == self._per_shard:
            self._close_shard()

    def attach(self, name: str, text: str) -> None:
        """Adds a file beside the shards, such as a table of outcomes.

        Args:
            name: File name.
            text: What it holds.
        """
        (self._aside / name).write_text(text)

    def _shard_path(self) -> Path:
        return self._aside / f"{len(self._shards):06d}.tar"

    def _close_shard(self) -> None:
        if self._tar is None:
            return
        self._tar.close()
        path = self._shard_path()
        if self._resume:
            with path.open("rb") as file:
                os.fsync(file.fileno())  # before it is said to be there, for a power cut
        self._shards.append(
            Shard(
                name=path.name,
                samples=len(self._steps),
                frames=sum(self._steps.values()),
                bytes=path.stat().st_size,
                sha256=_hash(path),
                members=self._members,
                steps=self._steps,
                active=self._active,
            )
        )
        self._tar, self._members, self._steps, self._active = None, {}, {}, {}
        if self._resume:
            state = {"begun": self._begun, "size": self._size, "outcomes": self.outcomes}
            with atomic(self._aside / PROGRESS) as file:
                file.write_text(json.dumps(state | {"shards": [asdict(shard) for shard in self._shards]}))

    def _continue(self) -> None:
        state = json.loads((self._aside / PROGRESS).read_text())
        if state["begun"] != self._begun:
            raise ValueError(
                f"{self.out}: was begun with {state['begun']}, not {self._begun}; allowed: the same again, or to "
                f"delete {self._aside}"
            )
        self._size = tuple(state["size"])
        self.outcomes.update(state["outcomes"])
        self._shards = [build(Shard, shard, str(self._aside / PROGRESS)) for shard in state["shards"]]
        for shard in self._shards:
            path = self._aside / shard.name
            if not path.is_file() or path.stat().st_size != shard.bytes or _hash(path) != shard.sha256:
                raise ValueError(f"{path}: is not as it was written; allowed: to delete {self._aside} and begin again")
        self.keys = {key for shard in self._shards for key in shard.steps}

    def _finish(self) -> None:
        if self._size is None:
            raise ValueError(f"{self.out}: no trajectory was written; a set holds at least one")
        index = Index(
            format=FORMAT,
            schema=SCHEMA,
            height=self._size[0],
            width=self._size[1],
            samples=sum(shard.samples for shard in self._shards),
            frames=sum(shard.frames for shard in self._shards),
            outcomes=dict(sorted(self.outcomes.items())),
            source=self._begun["source"],
            shards=self._shards,
        )
        (self._aside / INDEX).write_text(index.dump())
        (self._aside / PROGRESS).unlink(missing_ok=True)
        self._draft.publish()


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
