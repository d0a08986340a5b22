"""The whole pipeline at preset `micro`, killed half-way and started again."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

STAGES = {"base", "sft", "scratch", "prefft_left", "prefft_right", "aligned_left", "aligned_right"}


def start(folder: Path) -> "subprocess.Popen[str]":
    """Starts the workflow as `make demo` does, in a process group of its own."""
    snakemake = [str(Path(sys.executable).with_name("snakemake")), "--snakefile", "benchmarks/paper/Snakefile"]
    config = ["--config", "preset=micro", f"run={folder / 'run'}", f"results={folder / 'results'}"]
    flags = ["--cores", "2", "--rerun-incomplete", "--rerun-triggers", "mtime", "--nolock", "--quiet", "rules"]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "OMP_NUM_THREADS": "1"}
    with (folder / "log").open("a") as log:
        return subprocess.Popen(
            [*snakemake, *config, *flags], env=environment, stdout=log, stderr=log, text=True, start_new_session=True
        )


def wait_for(path: Path, process: "subprocess.Popen[str]", seconds: float = 300) -> None:
    deadline = time.monotonic() + seconds
    while not path.exists():
        assert process.poll() is None, "the workflow ended early"
        assert time.monotonic() < deadline, f"{path} did not come"
        time.sleep(0.2)


def test_a_killed_run_goes_on_where_it_was_and_publishes_everything(tmp_path: Path) -> None:
    first = start(tmp_path)
    finished = tmp_path / "run" / "scratch" / "checkpoints" / "best.ckpt"
    wait_for(tmp_path / "run" / "evaluation" / "scratch" / "outcomes.json", first)
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    before = finished.stat().st_mtime_ns
    assert start(tmp_path).wait(timeout=600) == 0, (tmp_path / "log").read_text()[-2000:]
    assert finished.stat().st_mtime_ns == before, "a finished stage was run again"

    results = tmp_path / "results"
    summary = json.loads((results / "summary.json").read_text())
    assert set(summary["stages"]) == STAGES
    for rates in summary["stages"].values():
        assert rates["episodes"] == 4
        assert sum(rates[name] for name in ("none", "left", "middle", "right")) == pytest.approx(100, abs=0.1)
    rows = {(row["encoder"], row["side"], row["comparisons"], row["seed"]) for row in summary["reward"]}
    assert len(rows) == len(summary["reward"]) == 8
    assert summary["commit"] != "unknown"
    assert {"base", "sft", "aligned_left"} <= set(summary["seconds"])
    pictures = {"outcomes.png", "heatmaps.png", "reward_accuracy.png", "alignment.png"}
    assert {path.name for path in results.iterdir()} == {
        *pictures,
        *("agent_left.gif", "agent_right.gif", "summary.json", "report.md"),
    }
    assert start(tmp_path).wait(timeout=120) == 0
    assert "Nothing to be done" in (tmp_path / "log").read_text()
