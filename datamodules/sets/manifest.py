"""The manifest of a set of shards: what `index.json` says about them."""

import builtins
import hashlib
import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from upath import UPath

from padzoo.core.gamepad import check_schema
from padzoo.core.patient_file import open_file, to_path
from padzoo.core.strict import build

FORMAT: Final = "padzoo-shards-v1"
INDEX: Final = "index.json"
SHARD_NAME: Final = re.compile(r"\d{6,}\.tar")  # a plain name: no path leads out of the folder


@dataclass(frozen=True)
class Shard:
    """One tar file of a set.

    Args:
        name: File name in the set's folder.
        samples: Trajectories in it.
        frames: Frames in it.
        bytes: Its size.
        sha256: Its checksum, hexadecimal.
        members: The checksum of every file in it, by its name.
        steps: How long each trajectory is, by its key.
        active: How many of its steps are not neutral, by its key.
    """

    name: str
    samples: int
    frames: int
    bytes: int
    sha256: str
    members: dict[str, str]
    steps: dict[str, int]
    active: dict[str, int]

    def check(self, member: str, data: builtins.bytes, path: UPath) -> None:
        """Checks one file of the shard, however it was read.

        Args:
            member: Its name, `KEY.kind`.
            data: Its bytes.
            path: The shard, for messages.

        Raises:
            ValueError: If it is not the file that was written.
        """
        if member not in self.members:
            raise ValueError(f"{path}: foreign member {member!r}; {INDEX} lists none of that name")
        if hashlib.sha256(data).hexdigest() != self.members[member]:
            raise ValueError(f"{path}: damaged member {member!r}; its sha256 is not the one in {INDEX}")


@dataclass(frozen=True)
class Index:
    """What `index.json` says: its keys, in their order.

    Args:
        format: Name of the format.
        schema: Name of the action schema.
        height: Height of the frames in pixels.
        width: Width of the frames in pixels.
        samples: Number of trajectories.
        frames: Number of frames.
        outcomes: How many trajectories ended how; those without an outcome count as `unknown`.
        source: How the set was made: the command's arguments.
        shards: The tar files in order.
    """

    format: str
    schema: str
    height: int
    width: int
    samples: int
    frames: int
    outcomes: dict[str, int]
    source: dict[str, Any]
    shards: list[Shard]

    def dump(self) -> str:
        """Returns the text of the file."""
        return json.dumps(asdict(self), indent=1, allow_nan=False) + "\n"


@dataclass(frozen=True)
class Manifest(Index):
    """What a set of shards holds, and where it lies.

    Args:
        folder: Where it lies.
        fingerprint: sha256 of `index.json`, which holds the shards' own.
    """

    folder: UPath
    fingerprint: str

    @property
    def paths(self) -> list[UPath]:
        """The tar files in order."""
        return [self.folder / shard.name for shard in self.shards]

    @classmethod
    def load(cls, folder: str | Path | UPath, sizes: bool = True) -> "Manifest":
        """Reads and checks the manifest of a folder.

        Args:
            folder: A folder of shards, here or anywhere that fsspec reads (`https://...`, `s3://...`, `hf://...`).
            sizes: Whether to look for the shards of a folder of this machine, and at their sizes.

        Raises:
            ValueError: If there is no such folder, it is empty, a shard is missing or of another size, or the set was
                made for another format or action schema.
        """
        folder = to_path(folder)
        index = folder / INDEX
        try:
            with open_file(index) as file:
                text = file.read()
        except (FileNotFoundError, NotADirectoryError):
            raise ValueError(f"{folder}: {_absence(folder)}; allowed: a folder of shards with {INDEX}") from None
        try:
            found = json.loads(text)
            version, schema = found["format"], found["schema"]
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{index}: not a manifest of shards ({error!r})") from None
        if version != FORMAT:
            raise ValueError(f"{index}: format {version!r} is not supported; allowed: {FORMAT!r}")
        check_schema(schema, str(index))
        read = vars(build(Index, found, str(index)))
        manifest = cls(**read, folder=folder, fingerprint=hashlib.sha256(text).hexdigest())
        manifest._check(sizes)
        return manifest

    def _check(self, sizes: bool) -> None:
        counts = (sum(shard.samples for shard in self.shards), sum(shard.frames for shard in self.shards))
        if counts != (self.samples, self.frames) or not self.shards:
            raise ValueError(f"{self.folder / INDEX}: damaged manifest (its shards do not add up to its totals)")
        for shard, path in zip(self.shards, self.paths, strict=True):
            _check_shard(shard, path, sizes)


def _absence(folder: UPath) -> str:
    if not isinstance(folder, Path):
        return f"no {INDEX} there"
    if not folder.is_dir():
        return "no such folder"
    return "not a set of shards" if any(folder.iterdir()) else "the folder is empty"


def _check_shard(shard: Shard, path: UPath, sizes: bool) -> None:
    if not SHARD_NAME.fullmatch(shard.name):
        raise ValueError(
            f"{path.parent / INDEX}: shard name {shard.name!r} is not allowed; allowed: 000000.tar and so on"
        )
    if not isinstance(path, Path) or not sizes:
        return  # reading finds out: to ask for every size would cost a request a shard
    if not path.is_file():
        raise ValueError(f"{path}: the shard is missing; {INDEX} lists it with {shard.samples} trajectories")
    size = path.stat().st_size
    if size != shard.bytes:
        raise ValueError(f"{path}: the shard has {size} bytes; {INDEX} says {shard.bytes}")
