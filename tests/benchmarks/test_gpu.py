"""The script for a GPU, as it runs without one."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "gpu.py"


def run(tmp_path: Path, part: str, minutes: float) -> tuple[int, str]:
    """Runs one part; returns the exit status and the report."""
    out = tmp_path / "gpu.md"
    command = [sys.executable, str(SCRIPT), part, "--minutes", str(minutes), "--out", str(out)]
    environment = os.environ | {"CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=tmp_path)
    assert done.stdout == out.read_text(), done.stderr
    return done.returncode, done.stdout


@pytest.mark.slow
def test_a_part_adds_its_table_to_the_report(tmp_path: Path) -> None:
    status, report = run(tmp_path, "act pico", 5)
    assert status == 0, report
    assert "There is no GPU here" in report
    row = re.compile(r"^\| gpt2 \| (\w+) \| (\d+) \| [1-9][\d,]* \| [1-9][\d,]* \|$", re.MULTILINE)
    assert row.findall(report) == [("float32", "1"), ("float32", "4"), ("bfloat16", "1"), ("bfloat16", "4")]


def test_a_part_that_takes_too_long_is_a_line(tmp_path: Path) -> None:
    status, report = run(tmp_path, "act pico", 0.001)
    assert status == 1
    assert report.endswith("## act pico\n\n\n**Stopped after its 0 s.**\n")


@pytest.mark.slow
def test_fsdp_resumes_as_if_it_had_not_stopped(tmp_path: Path) -> None:
    status, report = run(tmp_path, "fsdp nano", 10)
    assert status == 0, report
    gaps = re.findall(r"by (?:up to )?(\d\.\de[+-]\d\d)", report)
    assert gaps[0] == gaps[2] == "0.0e+00" != gaps[1]
