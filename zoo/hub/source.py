"""Where a checkpoint lies: a folder here, anywhere that fsspec reads, or on the Hugging Face Hub."""

import re
import tempfile
from math import ceil
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import track
from upath import UPath

from padzoo.core.patient_file import BLOCK, UnreachableError, open_file

LARGEST: Final = 2**24  # bytes of a file that is read at once: an index of some 30,000 checkpoints
HUB: Final = "hf://"
PINNED: Final = re.compile(r"hf://[\w.-]+/[\w.-]+@[0-9a-f]{40}(/.+)?")
ALLOWED: Final = "hf://OWNER/NAME@REVISION/FOLDER with the 40 hexadecimal digits of a commit"


class Source:
    """A folder of files, wherever it is.

    Args:
        url: A path, a URL of a protocol of fsspec, or `hf://OWNER/NAME@REVISION/FOLDER`, the revision a commit's 40
            hexadecimal digits.

    Raises:
        ValueError: If it is on the Hub and its revision is not pinned.
    """

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        if url.startswith(HUB) and not PINNED.fullmatch(self.url):
            raise ValueError(f"{url}: not pinned to a revision; allowed: {ALLOWED}")

    def fetch(self, name: str, to: Path, limit: int) -> None:
        """Copies a file from here, going on behind what an interrupted copy has left.

        Args:
            name: The file.
            to: The copy.
            limit: Bytes that it may have at most.

        Raises:
            ValueError: If it is not there, a link, larger than allowed, or cannot be reached.
        """
        path = UPath(self.url) / name
        if isinstance(path, Path) and path.is_symlink():
            raise ValueError(f"{path}: a symbolic link; allowed: files that are in the folder themselves")
        try:
            self._copy(path, to, limit)
        except (FileNotFoundError, NotADirectoryError):
            raise ValueError(f"{self.url}: {name} is missing") from None
        if to.stat().st_size > limit:
            to.unlink()
            raise ValueError(f"{self.url}/{name}: larger than the {limit:,} bytes that it may have")

    def read(self, name: str, limit: int = LARGEST) -> bytes:
        """Returns what a file holds; see `fetch`.

        Args:
            name: The file.
            limit: Bytes that it may have at most.
        """
        with tempfile.TemporaryDirectory() as scratch:
            copy = Path(scratch) / name
            self.fetch(name, copy, limit)
            return copy.read_bytes()

    def _copy(self, path: UPath, to: Path, limit: int) -> None:
        try:
            self._append(path, to, limit)
        except UnreachableError as error:
            if "range requests" not in str(error):
                raise
            self._stream(path, to, limit)

    def _append(self, path: UPath, to: Path, limit: int) -> None:
        """Copies from where the copy ends, by ranges, each tried several times."""
        with open_file(path) as file, to.open("ab") as copy:
            file.seek(copy.tell())
            blocks, console = range(ceil((limit + 1 - copy.tell()) / BLOCK)), Console(stderr=True)
            for _ in track(blocks, path.name, console=console, transient=True, disable=not console.is_terminal):
                if not (block := file.read(BLOCK)):
                    break
                copy.write(block)

    def _stream(self, path: UPath, to: Path, limit: int) -> None:
        """Copies from the beginning, for servers that give whole files only."""
        try:
            with path.fs.open(path.path, block_size=0) as file, to.open("wb") as copy:
                while copy.tell() <= limit and (block := file.read(BLOCK)):
                    copy.write(block)
        except Exception as error:  # every protocol has its own
            raise UnreachableError(f"{path}: broke off ({error!r})") from None
