"""Where checkpoints lie: a folder, anywhere that fsspec reads and writes, or a repository of the Hugging Face Hub."""

import io
import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from math import ceil
from pathlib import Path
from typing import Any, BinaryIO, Final

from rich.console import Console
from rich.progress import track
from upath import UPath

from padzoo.core.patient_file import BLOCK, UnreachableError, disconnected, open_file, to_path

LARGEST: Final = 2**24  # bytes of a file that is read at once: an index of some 30,000 checkpoints
HUB: Final = "hf://"
PINNED: Final = re.compile(r"hf://(?P<id>[\w.-]+/[\w.-]+)@(?P<revision>[0-9a-f]{40})(?P<folder>/.+)?")
WHOLE: Final = re.compile(r"hf://(?P<id>[\w.-]+/[\w.-]+)")


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
        data = io.BytesIO()
        try:
            self._stream(self._place(name), data, limit)
        except (FileNotFoundError, NotADirectoryError):
            raise self._missing(name) from None
        if data.tell() > limit:
            raise self._too_large(name, limit)
        return data.getvalue()

    def copy(self, name: str, to: Path, limit: int) -> None:
        """Copies a file from here, behind what an interrupted copy has left; a broken connection is tried again.

        Args:
            name: The file.
            to: The copy.
            limit: Bytes that it may have at most.

        Raises:
            ValueError: As for `read`.
        """
        path = self._place(name)
        try:
            self._append(path, to, limit)
        except (FileNotFoundError, NotADirectoryError):
            raise self._missing(name) from None
        except UnreachableError as error:
            if "range requests" not in str(error):
                raise
            with to.open("wb") as copy:  # the server gives whole files only
                self._stream(path, copy, limit)
        if to.stat().st_size > limit:
            to.unlink()
            raise self._too_large(name, limit)

    def exists(self, name: str) -> bool:
        """Whether there is a file or folder of that name."""
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
        folder, listed = self._root / name, self._root / listing[0]
        if isinstance(folder, Path):
            place(files, folder)
            aside = Path(listed).with_name(f".{listing[0]}.{os.getpid()}")
            aside.write_bytes(listing[1])
            aside.replace(listed)
        else:
            folder.mkdir(parents=True, exist_ok=True)
            for file, content in files.items():
                (folder / file).write_bytes(content)
            listed.write_bytes(listing[1])
        return f"{self.url}/{name}"

    @property
    def _root(self) -> UPath:
        return to_path(self.url)

    def _place(self, name: str) -> UPath:
        path = self._root / name
        if isinstance(path, Path) and path.is_symlink():
            raise ValueError(f"{path}: a symbolic link; allowed: files that are in the folder themselves")
        return path

    def _missing(self, name: str) -> ValueError:
        return ValueError(f"{self.url}: {name} is missing")

    def _too_large(self, name: str, limit: int) -> ValueError:
        return ValueError(f"{self.url}/{name}: larger than the {limit:,} bytes that it may have")

    def _append(self, path: UPath, to: Path, limit: int) -> None:
        with open_file(path) as file, to.open("ab") as copy:
            file.seek(copy.tell())
            blocks, console = range(ceil((limit + 1 - copy.tell()) / BLOCK)), Console(stderr=True)
            for _ in track(blocks, path.name, console=console, transient=True, disable=not console.is_terminal):
                if not (block := file.read(BLOCK)):
                    break
                copy.write(block)

    def _stream(self, path: UPath, to: BinaryIO, limit: int) -> None:
        whole = {"block_size": 0} if str(path).startswith("http") else {}  # in one answer, without ranges
        try:
            with path.fs.open(path.path, "rb", **whole) as file:
                while to.tell() <= limit and (block := file.read(BLOCK)):
                    to.write(block)
        except Exception as error:  # every protocol has its own
            if isinstance(error, FileNotFoundError | NotADirectoryError) and not disconnected(error):
                raise
            raise UnreachableError(f"{path}: broke off ({error.__cause__ or repr(error)})") from None


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
        found = (WHOLE if writes else PINNED).fullmatch(self.url)
        if found is None and writes:
            raise ValueError(f"{url}: allowed: hf://OWNER/NAME, a whole repository; each push is a new revision of it")
        if found is None:
            form = "hf://OWNER/NAME@REVISION/FOLDER with the 40 hexadecimal digits of a commit"
            raise ValueError(f"{url}: not pinned to a revision; allowed: {form}")
        self._id = found["id"]
        self._revision: str | None = None if writes else found["revision"]
        self._folder: str = "" if writes else found["folder"] or ""
        self._files: list[str] = []
        if writes:
            self._look()

    @property
    def local(self) -> bool:
        """Never."""
        return False

    def read(self, name: str, limit: int = LARGEST) -> bytes:
        """Returns what a file holds; see `Store.read`."""
        with tempfile.TemporaryDirectory() as scratch:
            return self._download(name, Path(scratch), limit).read_bytes()

    def copy(self, name: str, to: Path, limit: int) -> None:
        """Copies a file from here, unless it was copied before; see `Store.copy`."""
        if not to.exists():
            with tempfile.TemporaryDirectory(dir=to.parent.parent) as scratch:  # beside, to move it in one step
                self._download(name, Path(scratch), limit).replace(to)

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

    def _look(self) -> None:
        """Finds the newest revision and its files, if there are any."""
        from huggingface_hub import HfApi  # 0.2 s

        if HfApi().repo_exists(self._id):
            info: Any = HfApi().model_info(self._id)
            self._revision, self._files = info.sha, [file.rfilename for file in info.siblings]

    def _download(self, name: str, to: Path, limit: int) -> Path:
        from huggingface_hub import errors, hf_hub_download

        if self._revision is None:
            raise self._missing(name)
        file = f"{self._folder}/{name}".lstrip("/")
        try:
            size = hf_hub_download(self._id, file, revision=self._revision, local_dir=to, dry_run=True).file_size
            if size is None or size > limit:
                raise self._too_large(name, limit)
            return Path(hf_hub_download(self._id, file, revision=self._revision, local_dir=to))
        except (errors.RemoteEntryNotFoundError, errors.RepositoryNotFoundError, errors.RevisionNotFoundError):
            raise self._missing(name) from None
        except ValueError:
            raise
        except Exception as error:  # nobody answered, or too late
            raise UnreachableError(f"{self.url}/{name}: {error.__cause__ or error!r}") from None


def open_store(url: str, writes: bool = False) -> Store:
    """Returns the place of a URL.

    Args:
        url: A path, a URL of a protocol of fsspec, or one that begins with `hf://`; see `Repository`.
        writes: Whether something is to be written.

    Raises:
        ValueError: If it is on the Hub and of the wrong form.
    """
    return Repository(url, writes) if url.startswith(HUB) else Store(url)


def place(files: Mapping[str, bytes], folder: Path) -> None:
    """Writes a folder of files on this machine, all or none.

    Args:
        files: Contents by name.
        folder: Where to; must not exist.
    """
    folder = folder.resolve()  # a link that leads to nothing yet
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        for name, content in files.items():
            (aside / name).write_bytes(content)
        aside.chmod(0o755)  # mkdtemp makes it private
        aside.rename(folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
