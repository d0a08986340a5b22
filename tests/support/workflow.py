"""The study's workflow, planned."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def dry_run(folder: Path, *options: str) -> str:
    """Plans a run without doing anything, and returns the plan with its commands."""
    command = [str(Path(sys.executable).with_name("snakemake")), "--snakefile", "benchmarks/paper/Snakefile"]
    plan = [*command, *options, f"run={folder / 'run'}", "--dry-run", "--printshellcmds", "--nolock"]
    found = subprocess.run(plan, capture_output=True, text=True, cwd=ROOT)
    assert found.returncode == 0, found.stdout + found.stderr
    return found.stdout
