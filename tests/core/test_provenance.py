import os
import subprocess
from pathlib import Path

import pytest
import torch

from padzoo.core.provenance import commit, hardware, origin, peak_memory


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
    assert f", {os.cpu_count()} cores" in hardware()
    assert hardware().partition(",")[0]


def test_the_origin_of_a_measurement_can_be_found_again() -> None:
    found = origin()
    assert all(word in found for word in (hardware(), torch.__version__.partition("+")[0], commit()))


def test_peak_memory_is_that_of_the_process_and_in_gigabytes() -> None:
    before = peak_memory()
    assert before > 0.1
    torch.zeros(int(before * 1e9) // 4).add_(1)  # as much again
    assert peak_memory() > before + 0.1
