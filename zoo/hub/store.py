"""Where checkpoints lie: a folder, anywhere that fsspec reads and writes, or a repository of the Hugging Face Hub."""

import io
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from math import ceil
from pathlib import Path
from typing import BinaryIO, Final

from rich.console import Console
from rich.progress import track
from upath import UPath

from padzoo.core.atomic import atomic
from padzoo.core.patient_file import BLOCK, UnreachableError, disconnected, open_file, to_path

LARGEST: Final = 2**24  # bytes of a file that is read at once: an index of some 30,000 checkpoints
HUB: Final = "hf://"
PINNED: Final = (
    re.compile(r"hf://(?P<id>[\w.-]+/[\w.-]+)@(?P<revision>[0-9a-f]{40})(?P<folder>/.+)?"),
    "not pinned to a revision; allowed: hf://OWNER/NAME@REVISION/FOLDER with the 40 hexadecimal digits of a commit",
)
WHOLE: Final = (
    re.compile(r"hf://(?P<id>[\w.-]+/[\w.-]+)"),
    "allowed: hf://OWNER/NAME, a whole repository; each push is a new revision of it",
)


class Store:
    """A folder of files: a path, or a URL of a protocol of fsspec.

    Args:
        url: The path or URL.
    """

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")

    @property
    def local(self) -> bool:
        """Whether it is on this machine."""
        return isinstance(self._root, Path)

    def read(self, name: str, limit: int = LARGEST) -> bytes:
        """Returns what a file holds, asking for it once.

        Args:
            name: The file.
            limit: Bytes that it may have at most.

        Raises:
            ValueError: If it is not there, a link, larger than allowed, or cannot be reached.
        """
        path = self._path(name)
        with self._explained(name), _stream(path) as file:
            data = file.read(limit + 1)
        self._check_size(name, len(data), limit)
        return data

    def copy(self, name: str, to: Path, limit: int) -> None:
        """Copies a file from here, behind what an interrupted copy has left; a broken connection is tried again.

        Args:
            name: The file.
            to: The copy.
            limit: Bytes that it may have at most.

        Raises:
            ValueError: As for `read`; of a file that is too large nothing is kept.
        """
        path = self._path(name)
        with self._explained(name):
            try:
                with open_file(path) as file, to.open("ab") as copy:
                    file.seek(copy.tell())
                    _pour(file, copy, limit, name)
            except UnreachableError as error:
                if "range requests" not in str(error):
                    raise
                with _stream(path) as file, to.open("wb") as copy:  # the server gives whole files only
                    _pour(file, copy, limit, name)
        if (size := to.stat().st_size) > limit:
            to.unlink()
        self._check_size(name, size, limit)

    def exists(self, name: str) -> bool:
        """Whether there is a file or folder of that name."""
        with self._explained(name):
            return (self._root / name).exists()

    def write(self, name: str, files: Mapping[str, bytes], listing: tuple[str, bytes]) -> str:
        """Writes a folder of files, then the file that lists it.

        Args:
            name: The folder.
            files: Contents by name.
            listing: Name and contents of the file beside it.

        Returns:
            Where the folder is.
        """
        with self._explained(name):
            folder, listed = self._root / name, self._root / listing[0]
        if isinstance(folder, Path):
            if not folder.is_dir():  # else it is there as it should be, and was not listed
                place(files, folder)
            with atomic(str(listed)) as aside:
                aside.write_bytes(listing[1])
        else:
            with self._explained(name):
                folder.mkdir(parents=True, exist_ok=True)
                for file, content in files.items():
                    (folder / file).write_bytes(content)
                listed.write_bytes(listing[1])
        return f"{self.url}/{name}"

    @property
    def _root(self) -> UPath:
        return to_path(self.url)

    def _path(self, name: str) -> UPath:
        path = self._root / name
        if isinstance(path, Path) and path.is_symlink():
            raise ValueError(f"{path}: a symbolic link; allowed: files that are in the folder themselves")
        return path

    def _check_size(self, name: str, size: int | None, limit: int) -> None:
        if size is None or size > limit:
            raise ValueError(f"{self.url}/{name}: larger than the {limit:,} bytes that it may have")

    @contextmanager
    def _explained(self, name: str) -> Iterator[None]:
        """Raises what may come of reading a file as errors of ours; every protocol has its own."""
        try:
            yield
        except UnreachableError:
            raise
        except Exception as error:
            if self._is_missing(error):
                raise ValueError(f"{self.url}: {name} is missing") from None
            raise UnreachableError(f"{self.url}/{name}: broke off ({error.__cause__ or repr(error)})") from None

    def _is_missing(self, error: Exception) -> bool:
        return isinstance(error, FileNotFoundError | NotADirectoryError) and not disconnected(error)


class Repository(Store):
    """A model repository of the Hugging Face Hub, read at one revision; huggingface_hub moves the bytes.

    Args:
        url: To read, `hf://OWNER/NAME@REVISION/FOLDER`, the revision a commit's 40 hexadecimal digits. To write,
            `hf://OWNER/NAME`, which is read at its newest revision.
        writes: Whether it is to be written; the account is the one that `hf auth login` has set up.

    Raises:
        ValueError: If the URL is of another form.
    """

    def __init__(self, url: str, writes: bool) -> None:
        super().__init__(url)
        form, message = WHOLE if writes else PINNED
        found = form.fullmatch(self.url)
        if found is None:
            raise ValueError(f"{url}: {message}")
        parts = found.groupdict()
        self._id, self._revision, self._folder = parts["id"], parts.get("revision"), parts.get("folder") or ""
        self._files: list[str] = []
        if writes:
            from huggingface_hub import HfApi  # 0.2 s

            with self._explained("the repository"):
                if HfApi().repo_exists(self._id):
                    info = HfApi().model_info(self._id)
                    self._revision, self._files = info.sha, [file.rfilename for file in info.siblings or []]

    def read(self, name: str, limit: int = LARGEST) -> bytes:
        """Returns what a file holds; see `Store.read`."""
        with tempfile.TemporaryDirectory() as scratch:
            return self._download(name, scratch, limit).read_bytes()

    def copy(self, name: str, to: Path, limit: int) -> None:
        """Copies a file from here, unless it was copied before; see `Store.copy`."""
        if not to.exists():
            with tempfile.TemporaryDirectory(dir=to.parent.parent) as scratch:  # beside, to move it in one step
                self._download(name, scratch, limit).replace(to)

    def exists(self, name: str) -> bool:
        """Whether there is anything of that name at the newest revision."""
        return any(file == name or file.startswith(f"{name}/") for file in self._files)

    def write(self, name: str, files: Mapping[str, bytes], listing: tuple[str, bytes]) -> str:
        """Writes a folder and the file that lists it as one commit; see `Store.write`."""
        from huggingface_hub import CommitOperationAdd, HfApi

        contents = {f"{name}/{file}": content for file, content in files.items()} | dict([listing])
        HfApi().create_repo(self._id, exist_ok=True)
        commit = HfApi().create_commit(
            self._id,
            [CommitOperationAdd(path, content) for path, content in contents.items()],
            commit_message=f"Add {name}",
            parent_commit=self._revision,  # refused if somebody else has pushed in between
        )
        return f"{HUB}{self._id}@{commit.oid}/{name}"

    def _download(self, name: str, to: str, limit: int) -> Path:
        from huggingface_hub import hf_hub_download

        file = f"{self._folder}/{name}".lstrip("/")
        with self._explained(name):
            size = hf_hub_download(self._id, file, revision=self._revision, local_dir=to, dry_run=True).file_size
        self._check_size(name, size, limit)
        with self._explained(name):
            return Path(hf_hub_download(self._id, file, revision=self._revision, local_dir=to))

    def _is_missing(self, error: Exception) -> bool:
        from huggingface_hub import errors

        gone = (errors.RemoteEntryNotFoundError, errors.RepositoryNotFoundError, errors.RevisionNotFoundError)
        return isinstance(error, gone)


def open_store(url: str, writes: bool = False) -> Store:
    """Returns the place of a URL.

    Args:
        url: A path, a URL of a protocol of fsspec, or one that begins with `hf://`; see `Repository`.
        writes: Whether something is to be written.

    Raises:
        ValueError: If it is on the Hub and of the wrong form, or cannot be written to.
    """
    if writes and url.startswith(("http://", "https://")):
        raise ValueError(
            f"{url}: cannot be written to; allowed: a folder, a URL that fsspec writes to, hf://OWNER/NAME"
        )
    return Repository(url, writes) if url.startswith(HUB) else Store(url)


def place(files: Mapping[str, bytes], folder: Path) -> None:
    """Writes files, contents by name, into a new folder on this machine, all or none."""
    with atomic(folder) as aside:
        aside.mkdir()
        for name, content in files.items():
            (aside / name).write_bytes(content)


def _stream(path: UPath) -> io.BufferedReader:
    """Opens a file that is read in one go."""
    whole = {"block_size": 0} if str(path).startswith("http") else {}  # in one answer, without ranges
    return io.BufferedReader(path.fs.open(path.path, "rb", **whole), BLOCK)


def _pour(file: BinaryIO, to: BinaryIO, limit: int, name: str) -> None:
    """Copies up to one byte more than allowed, with a progress bar on a terminal."""
    blocks, console = range(ceil((limit + 1 - to.tell()) / BLOCK)), Console(stderr=True)
    for _ in track(blocks, name, console=console, transient=True, disable=not console.is_terminal):
        if not (block := file.read(BLOCK)):
            return
        to.write(block)
