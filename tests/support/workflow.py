"""The study's workflow, planned."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
TRAININGS = {
    "imitate",
    "prefft",
    "reward",
    "reward_grid",
    "aligned",
}  # their configurations may ask for a GPU


def dry_run(folder: Path, *options: str) -> str:
    """Plans a run without doing anything, and returns the plan with its commands."""
    command = [str(Path(sys.executable).with_name("snakemake")), "--snakefile", "benchmarks/paper/Snakefile"]
    plan = [*command, *options, f"run={folder / 'run'}", "--dry-run", "--printshellcmds", "--nolock"]
    found = subprocess.run(plan, capture_output=True, text=True, cwd=ROOT)
    assert found.returncode == 0, found.stdout + found.stderr
    return found.stdout


def stages(plan: str) -> dict[str, str]:
    """Returns what a plan says of one job of each rule."""
    return {block.split(":")[0]: block for block in plan.split("\nrule ")[1:]}
