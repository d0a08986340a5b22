import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "fuzz_checkpoints.py"


def test_damaged_checkpoints_are_refused() -> None:
    command = [sys.executable, str(SCRIPT), "28", "1"]
    found = subprocess.run(command, capture_output=True, text=True, check=False, cwd=SCRIPT.parents[1])
    assert found.returncode == 0, found.stdout + found.stderr
    assert found.stdout.endswith("56 of 56 uses refused; files that appeared: none.\n")
