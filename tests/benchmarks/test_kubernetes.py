"""The study's Kubernetes profile on a cluster that is this machine."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from workflow import ROOT, TRAININGS, dry_run, stages

PROFILE = ROOT / "benchmarks" / "paper" / "profiles" / "kubernetes"


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cluster's state; `kubectl` talks to it."""
    folder = tmp_path / "cluster"
    folder.mkdir()
    binaries = tmp_path / "bin"
    binaries.mkdir()
    (binaries / "kubectl").symlink_to(ROOT / "tests" / "support" / "kubectl")
    monkeypatch.setenv("PATH", os.pathsep.join([str(binaries), str(Path(sys.executable).parent), os.environ["PATH"]]))
    for name, value in {"IMAGE": "padzoo:1", "CLAIM": "disk", "MOUNT": "/mnt"}.items():
        monkeypatch.setenv(f"PADZOO_{name}", value)
    monkeypatch.setenv("FAKE_CLUSTER", str(folder))
    return folder


def ask(command: str, *arguments: str) -> str:
    """Runs one of the profile's commands and returns what it prints."""
    found = subprocess.run([PROFILE / command, *arguments], capture_output=True, text=True, check=True)
    return found.stdout.strip()


def test_a_stage_runs_as_a_job_that_asks_for_what_it_needs(cluster: Path, tmp_path: Path) -> None:
    goal = tmp_path / "run" / "demos" / "curated-64-0" / "index.json"
    command = ["snakemake", "--snakefile", "benchmarks/paper/Snakefile", "--profile", str(PROFILE), "--nolock"]
    command += ["--seconds-between-status-checks", "1", "--config", "preset=micro", f"run={tmp_path / 'run'}"]
    found = subprocess.run([*command, "--", str(goal)], capture_output=True, text=True, cwd=ROOT)
    assert found.returncode == 0, (
        found.stdout + found.stderr + "".join(log.read_text() for log in cluster.glob("*.log"))
    )
    assert goal.exists()
    job = yaml.safe_load((cluster / "padzoo-0.yaml").read_text())
    assert job["spec"]["activeDeadlineSeconds"] == 240 * 60
    pod = job["spec"]["template"]["spec"]
    assert pod["volumes"][0]["persistentVolumeClaim"] == {"claimName": "disk"}
    (stage,) = pod["containers"]
    assert (stage["image"], stage["workingDir"]) == ("padzoo:1", str(ROOT))
    assert stage["resources"]["limits"] == {"memory": "16000M", "nvidia.com/gpu": 0}
    assert ask("status", "job.batch/padzoo-0") == "success"


def test_jobs_that_fail_or_are_deleted_have_failed(cluster: Path, tmp_path: Path) -> None:
    script = tmp_path / "job.sh"
    script.write_text("exit 3\n")
    job = ask("submit", "1", "100", "0", "5", str(script))
    while (told := ask("status", job)) == "running":
        pass
    assert told == "failed"
    script.write_text("sleep 10\n")
    job = ask("submit", "1", "100", "0", "5", str(script))
    assert ask("status", job) == "running"
    ask("cancel", job)
    assert ask("status", job) == "failed"


def test_trainings_ask_for_a_gpu(tmp_path: Path) -> None:
    jobs = stages(dry_run(tmp_path, "--profile", str(PROFILE), "--config", "preset=paper"))
    assert {name for name, job in jobs.items() if "gpus=1" in job} == TRAININGS
    assert {name for name, job in jobs.items() if "gpus=0" in job} >= {"demos", "rollouts", "evaluate"}
