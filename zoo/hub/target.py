"""Where checkpoints are published: a folder, anywhere that fsspec writes, or a repository of the Hugging Face Hub."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Protocol

from upath import UPath

from padzoo.zoo.hub.catalog import INDEX, Index
from padzoo.zoo.hub.source import HUB, Source
from padzoo.zoo.hub.weights_folder import place

REPOSITORY: Final = re.compile(r"hf://(?P<id>[\w.-]+/[\w.-]+)")


class Target(Protocol):
    """A place with an index and a folder for each checkpoint."""

    def read_index(self) -> Index:
        """Returns the index that is there, an empty one if there is none."""

    def holds(self, name: str) -> bool:
        """Tells whether there is anything of that name."""

    def put(self, name: str, files: Mapping[str, bytes], index: Index) -> str:
        """Writes a checkpoint, then the index that lists it, and returns where the checkpoint is."""


def open_target(url: str) -> Target:
    """Returns the place of a URL.

    Args:
        url: A path, a URL of a protocol of fsspec, or `hf://OWNER/NAME`.

    Raises:
        ValueError: If it is on the Hub and not a whole repository.
    """
    return Repository(url) if url.startswith(HUB) else Folder(url)


class Folder:
    """A folder here or anywhere that fsspec writes.

    Args:
        url: A path or a URL.
    """

    def __init__(self, url: str) -> None:
        self._root = UPath(url.rstrip("/"))

    def read_index(self) -> Index:
        """Returns the index that is there; see `Target`."""
        path = self._root / INDEX
        return Index.parse(path.read_bytes(), str(path)) if path.exists() else Index()

    def holds(self, name: str) -> bool:
        """Tells whether there is anything of that name; see `Target`."""
        return (self._root / name).exists()

    def put(self, name: str, files: Mapping[str, bytes], index: Index) -> str:
        """Writes a checkpoint and the index; see `Target`."""
        folder, listing = self._root / name, self._root / INDEX
        if isinstance(self._root, Path):
            place(files, Path(folder))
            aside = Path(listing).with_name(f".{INDEX}.{os.getpid()}")
            aside.write_text(index.dump())
            aside.replace(listing)
        else:
            folder.mkdir(parents=True, exist_ok=True)
            for file, content in files.items():
                (folder / file).write_bytes(content)
            listing.write_bytes(index.dump().encode())
        return str(folder)


class Repository:
    """A model repository of the Hugging Face Hub; the account is the one that `hf auth login` has set up.

    Args:
        url: `hf://OWNER/NAME`.

    Raises:
        ValueError: If it is something else.
    """

    def __init__(self, url: str) -> None:
        from huggingface_hub import HfApi  # 0.2 s

        found = REPOSITORY.fullmatch(url.rstrip("/"))
        if found is None:
            raise ValueError(f"{url}: allowed: hf://OWNER/NAME, a whole repository; each push is a new revision of it")
        self._id = found["id"]
        self._api = HfApi()
        self._head: str | None = None
        self._files: list[str] = []
        if self._api.repo_exists(self._id):
            info: Any = self._api.model_info(self._id)
            self._head, self._files = info.sha, [file.rfilename for file in info.siblings]

    def read_index(self) -> Index:
        """Returns the index at the newest revision; see `Target`."""
        if INDEX not in self._files:
            return Index()
        url = f"{HUB}{self._id}@{self._head}"
        return Index.parse(Source(url).read(INDEX), f"{url}/{INDEX}")

    def holds(self, name: str) -> bool:
        """Tells whether there is anything of that name at the newest revision; see `Target`."""
        return any(file == name or file.startswith(f"{name}/") for file in self._files)

    def put(self, name: str, files: Mapping[str, bytes], index: Index) -> str:
        """Writes a checkpoint and the index as one commit; see `Target`."""
        from huggingface_hub import CommitOperationAdd

        contents = {f"{name}/{file}": content for file, content in files.items()} | {INDEX: index.dump().encode()}
        self._api.create_repo(self._id, exist_ok=True)
        commit = self._api.create_commit(
            self._id,
            [CommitOperationAdd(path, content) for path, content in contents.items()],
            commit_message=f"Add {name}",
            parent_commit=self._head,  # refused if somebody else has pushed in between
        )
        return f"{HUB}{self._id}@{commit.oid}/{name}"
