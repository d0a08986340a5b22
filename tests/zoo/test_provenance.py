import os
import subprocess
from pathlib import Path

import pytest

from zoo.provenance import commit, hardware


def test_the_commit_is_named_and_changes_are_marked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert commit() == "unknown"
    (tmp_path / "file").write_text("one")
    who = ["-c", "user.name=A", "-c", "user.email=a@b.c"]
    for command in (["init", "-q"], ["add", "."], [*who, "commit", "-qm", "first"]):
        subprocess.run(["git", *command], check=True)
    head = subprocess.run(["git", "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout
    assert commit() == head[:12]
    (tmp_path / "file").write_text("two")
    assert commit() == f"{head[:12]}-dirty"


def test_the_hardware_says_how_many_cores() -> None:
    assert hardware().endswith(f", {os.cpu_count()} cores")
