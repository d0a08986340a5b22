"""One trial: a command in a place of its own, a fault while it runs, and what came of both."""

import hashlib
import io
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import torch
from missions import Mission, needs, prepare
from zygote import Command, Running

from padzoo.core.atomic import remove

MARK: Final = "PADZOO_TRIAL"  # an environment variable, by which everything that a command started is found
OUT: Final = "place/out"
ENDS_IN: Final = 10.0  # seconds after a signal


@dataclass
class Trial:
    """A command and its place.

    Args:
        mission: The command.
        folder: Its place, with folders for what it makes, `TMPDIR`, its cache and `/dev/shm`.
        inputs: Folder of the inputs.
    """

    mission: Mission
    folder: Path
    inputs: Path
    web: str = ""
    obeys: bool = False
    variables: dict[str, str] = field(default_factory=dict)
    started: float = 0.0
    session: Running = field(init=False)

    def __post_init__(self) -> None:
        remove(self.folder)
        for name in ("place", "tmp", "cache", "shm"):
            (self.folder / name).mkdir(parents=True)
        for name in needs(self.mission.arguments):
            prepare(self.inputs, name)

    @property
    def out(self) -> Path:
        """What the command makes."""
        return self.folder / ("cache/policy_micro.base" if self.mission.makes == "cache" else OUT)

    @property
    def checkpoint(self) -> Path:
        """Where a training keeps its last checkpoint."""
        return self.out / "checkpoints" / "last.ckpt"

    def start(self, anew: bool = False) -> Running:
        """Starts the command in a session of its own; it resumes if it is a training with a checkpoint.

        Args:
            anew: Whether it is to import everything itself; see `Running`.
        """
        more = ("--ckpt_path", "last") if self.mission.makes == "training" and self.checkpoint.exists() else ()
        words = self.mission.words(self.inputs, Path(OUT), self.web, *more)
        places = {MARK: self.folder, "TMPDIR": self.folder / "tmp", "PADZOO_CACHE": self.folder / "cache"}
        environment = os.environ | {"OMP_NUM_THREADS": "1"} | {name: str(place) for name, place in places.items()}
        if self.mission.makes == "cache":
            environment["PADZOO_INDEX"] = f"{self.web}/zoo"
        command = Command(words, self.folder, environment | self.variables, self.folder / "shm", self.obeys)
        if (self.folder / "errors").exists():
            (self.folder / "errors").replace(self.folder / "errors of the first")
        self.started = time.monotonic()
        self.session = Running(command, anew)
        return self.session

    def errors(self) -> list[str]:
        """Returns the lines on standard error; none if the command was killed before it had one."""
        if not (self.folder / "errors").exists():
            return []
        return (self.folder / "errors").read_text(errors="replace").splitlines()

    def running(self) -> list[int]:
        """Returns the processes of this trial."""
        found, mark = [], f"{MARK}={self.folder}\0".encode()
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                state, _, _, session = (entry / "stat").read_text().rpartition(")")[2].split()[:4]
                ours = int(session) == self.session.pid or mark in (entry / "environ").read_bytes() + b"\0"
            except OSError:  # it ended meanwhile
                continue
            if ours and state != "Z":
                found.append(int(entry.name))
        return found

    def left_running(self) -> list[int]:
        """Returns the processes that are still there ten seconds after the command's end, and ends them."""
        deadline = time.monotonic() + ENDS_IN
        while (found := self.running()) and time.monotonic() < deadline:
            time.sleep(0.05)
        for process in found:
            os.kill(process, signal.SIGKILL)
        return found

    def made(self) -> dict[str, str] | None:
        """Returns the digests of what the command has made, by name; None if there is nothing."""
        if self.mission.makes == "training":
            return _weights(self.checkpoint.read_bytes()) if self.checkpoint.exists() else None
        if self.mission.makes == "file":
            return {"": _digest(self.out.read_bytes())} if self.out.exists() else None
        files = sorted(path for path in self.out.rglob("*") if path.is_file()) if self.out.exists() else []
        return {str(path.relative_to(self.out)): _digest(path.read_bytes()) for path in files} or None

    def clean(self) -> None:
        """Removes the place."""
        for name in ("place", "tmp", "cache", "shm"):
            subprocess.run(["umount", "--lazy", self.folder / name], check=False, capture_output=True)
        shutil.rmtree(self.folder, ignore_errors=True)


def step(content: bytes) -> int:
    """Returns how many updates a checkpoint has seen."""
    return int(_load(content)["global_step"])


def _load(content: bytes) -> dict[str, Any]:
    found: dict[str, Any] = torch.load(io.BytesIO(content), weights_only=True)
    return found


def _weights(content: bytes) -> dict[str, str]:
    found = _load(content)
    tensors: Mapping[str, torch.Tensor] = found["state_dict"]
    digests = {name: _digest(value.contiguous().numpy().tobytes()) for name, value in tensors.items()}
    return digests | {"step": str(found["global_step"])}


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
