"""A short draw of the campaign of faults."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_a_short_draw_of_faults_hangs_loses_and_hides_nothing(tmp_path: Path) -> None:
    if os.getuid() != 0 or subprocess.run(["unshare", "--mount", "true"], check=False).returncode:
        pytest.skip("the campaign mounts file systems of its own, which needs root and a kernel that allows it")
    words = ["--faults", "5", "--jobs", "1", "--missions", "prefer", "--out", str(tmp_path / "campaign")]
    command = [sys.executable, str(ROOT / "benchmarks" / "faults"), *words]
    found = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    assert found.returncode == 0, found.stdout + found.stderr
    assert re.search(r"\*\*5 faults: 0 hangs, 0 lost, 0 silent.\*\*\n", found.stdout)
